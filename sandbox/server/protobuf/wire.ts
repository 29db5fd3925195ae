/** A field as it is on the wire; what the bytes mean depends on the schema. */
export interface WireField {
  readonly number: number;
  /** Of a varint or a fixed number, as it stands; undefined for everything that has a length. */
  readonly integer: bigint | undefined;
  readonly bytes: Buffer;
}

export class WireError extends Error {}

const EMPTY = Buffer.alloc(0);

/** The fields of a message in their order (https://protobuf.dev/programming-guides/encoding/). Throws WireError. */
export function* wireFields(message: Buffer): Generator<WireField> {
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = message[at];
      if (byte === undefined) throw new WireError('unexpected EOF');
      at += 1;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    throw new WireError('integer overflow');
  };
  const take = (length: number): Buffer => {
    if (at + length > message.length) throw new WireError('unexpected EOF');
    at += length;
    return message.subarray(at - length, at);
  };
  while (at < message.length) {
    const tag = Number(varint());
    const number = tag >>> 3;
    switch (tag & 7) {
      case 0:
        yield { number, integer: varint(), bytes: EMPTY };
        break;
      case 1: {
        const bytes = take(8);
        yield { number, integer: bytes.readBigUInt64LE(), bytes };
        break;
      }
      case 2:
        yield { number, integer: undefined, bytes: take(Number(varint())) };
        break;
      case 5: {
        const bytes = take(4);
        yield { number, integer: BigInt(bytes.readUInt32LE()), bytes };
        break;
      }
      default:
        throw new WireError(`wire type ${tag & 7} is not used by Kubernetes`);
    }
  }
}
