import { encodeCursor, type LogCursor, type Progress, type RunPlace } from './log-cursor.js';
import type { PlacedLine } from './log-source.js';

/** How far one reader of a merged log is: what the cursors of its events say. */
export class LogProgress {
  readonly openedAt: number;
  readonly #isNew: boolean;
  readonly #containers = new Map<string, Progress>();
  /** Those that the reader knows of. */
  readonly #told = new Set<string>();

  constructor(cursor: LogCursor | null, now: number) {
    this.openedAt = cursor?.openedAt ?? now;
    this.#isNew = cursor === null;
    for (const [key, { progress, told }] of cursor?.containers ?? []) {
      this.#containers.set(key, progress);
      if (told) this.#told.add(key);
    }
  }

  /** Where to begin with a container. One that came after the log was opened is read from its beginning. */
  begin(key: string, cameLater: boolean): Progress {
    const known = this.#containers.get(key);
    if (known) return known;
    const progress = this.#isNew && !cameLater ? 'NEW' : 'QUIET';
    this.#containers.set(key, progress);
    return progress;
  }

  isTold(key: string): boolean {
    return this.#told.has(key);
  }

  told(key: string): void {
    if (this.#containers.has(key)) this.#told.add(key);
  }

  get toldOf(): readonly string[] {
    return [...this.#told];
  }

  /** The reader is before this line, though it had none of its container yet. */
  next(key: string, { place }: PlacedLine): void {
    if (typeof this.#containers.get(key) !== 'string' || !place.time) return;
    this.#containers.set(key, { ...place, pieces: place.pieces - 1 });
  }

  /** Nothing was there to read. */
  quiet(key: string): void {
    if (this.#containers.get(key) === 'NEW') this.#containers.set(key, 'QUIET');
  }

  /** The reader has this line. */
  had(key: string, place: RunPlace): void {
    if (place.time && this.#containers.has(key)) this.#containers.set(key, place);
  }

  forget(key: string): void {
    this.#containers.delete(key);
    this.#told.delete(key);
  }

  encode(): string {
    const containers = [...this.#containers].map(
      ([key, progress]) => [key, { progress, told: this.#told.has(key) }] as const,
    );
    return encodeCursor({ openedAt: this.openedAt, containers: new Map(containers) });
  }
}
