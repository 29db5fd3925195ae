import { createHash } from 'node:crypto';
import { ConflictError, TooLargeError } from '../../shared/errors.js';

/** Where one input stands among those of its writer, who counts them from 1. */
export interface InputPlace {
  readonly writer: string;
  readonly sequence: number;
}

export interface InputPiece {
  readonly bytes: Uint8Array;
  readonly isLast: boolean;
}

/** What became of one input. */
export interface TakenInput<T> {
  /** All input of the writer before this number has been applied. */
  readonly next: number;
  /** What applying it gave; undefined when it waits for earlier input, or was applied before. */
  readonly applied?: T | undefined;
}

/** Of one session. */
export const inputOrderLimits = {
  writers: 256,
  /** What waits for earlier input, of all writers. */
  heldInputs: 1_024,
  heldBytes: 256 * 1_024,
  /** How long nothing may come of what is missing. */
  gapMilliseconds: 10_000,
  /** Numbers of which is known what they were used for. */
  remembered: 1_024,
} as const;

interface HeldInput<T> {
  readonly piece: InputPiece;
  readonly digest: string;
  readonly apply: () => Promise<T>;
}

/**
 * Brings numbered input into the order of its numbers, each number once: what comes early waits for what is missing,
 * and what comes again (its answer was lost) is answered and not applied. Writers don't wait for each other.
 *
 * Early input is answered at once, with what is missing: an answer that waited would keep a connection, and what is
 * missing might be waiting for one. So what waits in vain can only be refused afterwards, by the next answer.
 */
export class InputOrder<T> {
  readonly #writers = new Map<string, WriterOrder<T>>();
  /** Digests of what was applied last, by writer and number. */
  readonly #applied = new Map<string, string>();
  readonly #held = { inputs: 0, bytes: 0 };
  #end: Error | undefined;

  /**
   * Rejects as `apply` does, and the number is still free then; with ConflictError when input that waited was given
   * up, or when the number was used for something else; with TooLargeError when too much waits already, or too many
   * have written.
   */
  async take(place: InputPlace, piece: InputPiece, apply: () => Promise<T>): Promise<TakenInput<T>> {
    if (this.#end) throw this.#end;
    const writer = this.#writerOf(place.writer);
    const digest = digestOf(piece);
    const { sequence } = place;
    const known = writer.held.get(sequence)?.digest ?? this.#applied.get(keyOf(place));
    if (known !== undefined && known !== digest) throw usedOtherwise(place);
    if (known !== undefined || sequence < writer.next) return { next: writer.next };
    writer.tellRefusal();
    if (sequence > writer.next) this.#requireRoom(writer, sequence, piece);
    return writer.take(sequence, { piece, digest, apply });
  }

  /** Nothing is applied any more: what waits is dropped, and what comes is refused with this. */
  end(error: Error): void {
    this.#end ??= error;
    for (const writer of this.#writers.values()) writer.drop();
  }

  #writerOf(name: string): WriterOrder<T> {
    let writer = this.#writers.get(name);
    if (!writer) {
      if (this.#writers.size >= inputOrderLimits.writers) throw tooManyWriters();
      writer = new WriterOrder(name, this.#held, (place, digest) => this.#remember(keyOf(place), digest));
      this.#writers.set(name, writer);
    }
    return writer;
  }

  #requireRoom({ next }: WriterOrder<T>, sequence: number, { bytes }: InputPiece): void {
    const { heldInputs, heldBytes } = inputOrderLimits;
    if (this.#held.inputs < heldInputs && this.#held.bytes + bytes.length <= heldBytes) return;
    throw new TooLargeError(
      `Input ${sequence} came before input ${next}, and too much waits already (at most ${heldInputs} inputs and ${heldBytes / 1_024} KiB): it was not typed. Send again from ${next} on, with the same numbers.`,
      field,
    );
  }

  #remember(key: string, digest: string): void {
    this.#applied.set(key, digest);
    if (this.#applied.size <= inputOrderLimits.remembered) return;
    const [oldest] = this.#applied.keys();
    if (oldest !== undefined) this.#applied.delete(oldest);
  }
}

class WriterOrder<T> {
  /** Of the input that is to be applied next. */
  next = 1;
  /** By number, from `next` on. */
  readonly held = new Map<number, HeldInput<T>>();
  #refusal: Error | undefined;
  #timer: NodeJS.Timeout | undefined;
  #applying = false;

  constructor(
    private readonly name: string,
    /** What all writers of the session have waiting. */
    private readonly all: { inputs: number; bytes: number },
    private readonly onApplied: (place: InputPlace, digest: string) => void,
  ) {}

  /** That input was given up which had been answered as waiting. Told once. */
  tellRefusal(): void {
    const refusal = this.#refusal;
    this.#refusal = undefined;
    if (refusal) throw refusal;
  }

  async take(sequence: number, input: HeldInput<T>): Promise<TakenInput<T>> {
    this.#hold(sequence, input);
    if (sequence !== this.next || this.#applying) {
      this.#watchGap();
      return { next: this.next };
    }
    this.#applying = true;
    try {
      const applied = await this.#applyNext(input);
      await this.#applyHeld();
      return { next: this.next, applied };
    } finally {
      this.#applying = false;
      this.#watchGap();
    }
  }

  drop(): void {
    clearTimeout(this.#timer);
    for (const sequence of this.held.keys()) this.#release(sequence);
  }

  async #applyNext(input: HeldInput<T>): Promise<T> {
    const sequence = this.next;
    try {
      const applied = await input.apply();
      this.next += 1;
      this.onApplied({ writer: this.name, sequence }, input.digest);
      return applied;
    } finally {
      this.#release(sequence);
    }
  }

  async #applyHeld(): Promise<void> {
    for (let input = this.held.get(this.next); input; input = this.held.get(this.next)) {
      try {
        await this.#applyNext(input);
      } catch (error) {
        this.#giveUp((error as Error).message);
      }
    }
  }

  /** From the last progress on, as long as something waits. */
  #watchGap(): void {
    clearTimeout(this.#timer);
    if (this.held.size === 0 || this.#applying) return;
    const { gapMilliseconds } = inputOrderLimits;
    this.#timer = setTimeout(
      () => this.#giveUp(`it has not come within ${gapMilliseconds / 1_000} s.`),
      gapMilliseconds,
    ).unref();
  }

  #giveUp(why: string): void {
    this.drop();
    this.#refusal = new ConflictError(
      `Input ${this.next} of writer ${JSON.stringify(this.name)} was not typed, nor what came after it: ${why} Send again from ${this.next} on, with the same numbers.`,
      { field },
    );
  }

  #hold(sequence: number, input: HeldInput<T>): void {
    this.held.set(sequence, input);
    this.all.inputs += 1;
    this.all.bytes += input.piece.bytes.length;
  }

  #release(sequence: number): void {
    const input = this.held.get(sequence);
    if (!input) return;
    this.held.delete(sequence);
    this.all.inputs -= 1;
    this.all.bytes -= input.piece.bytes.length;
  }
}

const field = ['input', 'sequence'];

const keyOf = ({ writer, sequence }: InputPlace): string => `${sequence} ${writer}`;

const digestOf = ({ bytes, isLast }: InputPiece): string =>
  createHash('sha256')
    .update(bytes)
    .update(isLast ? 'last' : '')
    .digest('base64');

const usedOtherwise = ({ writer, sequence }: InputPlace): ConflictError =>
  new ConflictError(
    `Input ${sequence} of writer ${JSON.stringify(writer)} was something else before: number each input once, and give each program that types a writer of its own.`,
    { field },
  );

const tooManyWriters = (): TooLargeError =>
  new TooLargeError(
    `A session has ${inputOrderLimits.writers} writers at most: keep the one that you have, or open another session.`,
    ['input', 'writer'],
  );
