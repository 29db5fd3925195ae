const finalBit = 0x80;
const maskBit = 0x80;
const firstControlOpcode = 0x8;

/**
 * Follows the frames that a peer sends (RFC 6455, section 5.2) as far as it takes to know whether a message was begun
 * and is not finished: what ws has received of one it tells nobody.
 */
export class IncomingFrames {
  /** Bytes of the current frame's header so far. */
  #read = 0;
  #extendedBytes = 0;
  #maskBytes = 0;
  /** Of the payload: what is still to come, and while the header is read what it says so far. */
  #left = 0;
  /** Further frames belong to the message of the last one. */
  #fragmented = false;

  get isMessageUnfinished(): boolean {
    return this.#fragmented || this.#read > 0 || this.#left > 0;
  }

  read(chunk: Uint8Array): void {
    for (let at = 0; at < chunk.length; ) {
      if (this.#read === 0 && this.#left > 0) {
        const skipped = Math.min(this.#left, chunk.length - at);
        this.#left -= skipped;
        at += skipped;
      } else {
        this.#readHeader(chunk[at] as number);
        at += 1;
      }
    }
  }

  #readHeader(byte: number): void {
    this.#read += 1;
    if (this.#read === 1) {
      if ((byte & 0xf) < firstControlOpcode) this.#fragmented = (byte & finalBit) === 0;
      return;
    }
    if (this.#read === 2) {
      const length = byte & ~maskBit;
      this.#extendedBytes = length === 126 ? 2 : length === 127 ? 8 : 0;
      this.#maskBytes = byte & maskBit ? 4 : 0;
      this.#left = this.#extendedBytes > 0 ? 0 : length;
    } else if (this.#read <= 2 + this.#extendedBytes) this.#left = this.#left * 256 + byte;
    if (this.#read === 2 + this.#extendedBytes + this.#maskBytes) this.#read = 0;
  }
}
