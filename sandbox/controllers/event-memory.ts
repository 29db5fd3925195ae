import type { Clock } from './clock.js';

export interface Occurrence {
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
  /** Such as `spec.containers{nginx}`. */
  readonly fieldPath?: string;
}

/** What was told of an object in the same words: repeats are counted in the event of that name. */
export interface Told {
  readonly type: string;
  readonly reason: string;
  readonly fieldPath: string | undefined;
  /** Undefined for the event that stands for many similar ones. */
  readonly message: string | undefined;
  /** Of the event; empty until it was written. */
  eventName: string;
  /** In which run of similar messages it was told last. */
  run: number;
  at: number;
}

/** What was told of one object, and how much more may be. */
interface Subject {
  readonly told: Told[];
  tokens: number;
  refilledAt: number;
}

/** From so many different messages of one reason on, they are combined into one event. */
const COMBINE_FROM = 10;
/** A pause that ends a run of similar messages. */
const COMBINE_WINDOW_MS = 600_000;
const BURST = 25;
const REFILL_MS = 300_000;
const REMEMBERED_OBJECTS = 4096;
const REMEMBERED_OF_ONE = 128;

/** The correlation of client-go's event recorder. Of thousands of objects only little is kept. */
export class EventMemory {
  private readonly subjects = new Map<string, Subject>();

  constructor(private readonly clock: Clock) {}

  /** What to write the occurrence as; undefined when too much is told of the object. */
  take(uid: string, occurrence: Occurrence): Told | undefined {
    const subject = this.subjectOf(uid);
    const told = this.correlate(subject, occurrence);
    return this.takeToken(subject) ? told : undefined;
  }

  /** The least recently used are forgotten. */
  private subjectOf(uid: string): Subject {
    const subject = this.subjects.get(uid) ?? { told: [], tokens: BURST, refilledAt: this.clock.now() };
    this.subjects.delete(uid);
    this.subjects.set(uid, subject);
    const oldest = this.subjects.keys().next().value;
    if (this.subjects.size > REMEMBERED_OBJECTS && oldest !== undefined) this.subjects.delete(oldest);
    return subject;
  }

  private correlate({ told }: Subject, { type, reason, message, fieldPath }: Occurrence): Told {
    const now = this.clock.now();
    const similar = told.filter((each) => each.type === type && each.reason === reason);
    const latest = similar.reduce((time, { at }) => Math.max(time, at), Number.NEGATIVE_INFINITY);
    const lastRun = similar.reduce((run, each) => Math.max(run, each.run), 0);
    const run = now - latest > COMBINE_WINDOW_MS ? lastRun + 1 : lastRun;
    const messages = new Set(similar.filter((each) => each.run === run).map((each) => each.message));
    messages.delete(undefined);
    const isCombined = !messages.has(message) && messages.size >= COMBINE_FROM - 1;
    const words = isCombined ? undefined : message;
    let found = similar.find(
      (each) => each.message === words && (isCombined || each.fieldPath === fieldPath),
    );
    if (!found) {
      found = { type, reason, fieldPath, message: words, eventName: '', run, at: now };
      told.push(found);
      if (told.length > REMEMBERED_OF_ONE) told.shift();
    }
    found.run = run;
    found.at = now;
    return found;
  }

  private takeToken(subject: Subject): boolean {
    const now = this.clock.now();
    subject.tokens = Math.min(BURST, subject.tokens + (now - subject.refilledAt) / REFILL_MS);
    subject.refilledAt = now;
    if (subject.tokens < 1) return false;
    subject.tokens -= 1;
    return true;
  }
}
