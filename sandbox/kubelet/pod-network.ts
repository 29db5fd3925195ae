/** An ordinary node has 256 addresses. */
const LEAST_BITS = 8;
/** So that an address is not used again right after its pod is gone. */
const SPARE = 1.5;
/** The network itself and the node's own end of it. */
const RESERVED = 2;
const LAST = 1;
/** `10.244.0.0` up to `10.255.255.255`, and for very large clusters from `10.128.0.0` on. */
const SMALL = { first: 244, size: 12 * 65_536 };
const LARGE_FIRST = 128;

/** The addresses of pods: each node has a range of its own with room for all its pods. */
export class PodNetwork {
  private readonly bits: number;
  private readonly first: number;

  constructor(nodes: number, podsOfNode: number) {
    const wanted = Math.ceil(podsOfNode * SPARE) + RESERVED + LAST;
    this.bits = Math.max(LEAST_BITS, Math.ceil(Math.log2(wanted)));
    this.first = nodes * 2 ** this.bits <= SMALL.size ? SMALL.first : LARGE_FIRST;
  }

  /** Such as `10.244.3.0/24`. */
  rangeOf(node: number): string {
    return `${this.text(node * 2 ** this.bits)}/${32 - this.bits}`;
  }

  /** The same address comes again after as many others as the range has. */
  addressOf(node: number, slot: number): string {
    const size = 2 ** this.bits;
    return this.text(node * size + RESERVED + (slot % (size - RESERVED - LAST)));
  }

  private text(offset: number): string {
    return `10.${this.first + Math.floor(offset / 65_536)}.${Math.floor(offset / 256) % 256}.${offset % 256}`;
  }
}
