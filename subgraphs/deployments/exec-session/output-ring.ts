import type { ExecOutput } from '../../shared/kubernetes/exec-socket.js';

/** Small pieces in a row become one of up to this size, so that the ring costs what it holds. */
const mergedBytes = 4 * 1024;

/** The last output of a session, at most `limit` bytes: what who comes back sees first. */
export class OutputRing {
  readonly #pieces: ExecOutput[] = [];
  #size = 0;

  constructor(private readonly limit: number) {}

  get pieces(): readonly ExecOutput[] {
    return this.#pieces;
  }

  push({ stream, bytes }: ExecOutput): void {
    const last = this.#pieces.at(-1);
    if (last?.stream === stream && last.bytes.length + bytes.length <= mergedBytes) {
      this.#pieces[this.#pieces.length - 1] = { stream, bytes: Buffer.concat([last.bytes, bytes]) };
    } else {
      // A copy: what comes from a socket shares the memory of larger buffers.
      this.#pieces.push({ stream, bytes: Buffer.from(bytes.subarray(-this.limit)) });
    }
    this.#size += Math.min(bytes.length, this.limit);
    for (let first = this.#pieces[0]; first && this.#size > this.limit; first = this.#pieces[0]) {
      const over = this.#size - this.limit;
      const dropped = Math.min(over, first.bytes.length);
      if (dropped === first.bytes.length) this.#pieces.shift();
      else this.#pieces[0] = { stream: first.stream, bytes: first.bytes.subarray(dropped) };
      this.#size -= dropped;
    }
  }
}
