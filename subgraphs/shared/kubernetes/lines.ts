/**
 * Cuts a byte stream into lines without their newline. A line longer than `longest` comes as null, and is not kept in
 * memory; bytes after the last newline come as a line only when `unterminated` says so, for they may be half a line.
 */
export async function* readLines(
  chunks: AsyncIterable<Uint8Array>,
  options: { longest: number; unterminated: boolean },
): AsyncGenerator<Buffer | null> {
  let parts: Uint8Array[] = [];
  let length = 0;
  let dropped = false;
  const keep = (part: Uint8Array) => {
    length += part.byteLength;
    if (length > options.longest) {
      dropped = true;
      parts = [];
    } else if (!dropped) parts.push(part);
  };
  const line = () => {
    const finished = dropped ? null : Buffer.concat(parts);
    parts = [];
    length = 0;
    dropped = false;
    return finished;
  };
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(10); end !== -1; end = chunk.indexOf(10, start)) {
      keep(chunk.subarray(start, end));
      yield line();
      start = end + 1;
    }
    if (start < chunk.byteLength) keep(chunk.subarray(start));
  }
  if (length > 0 && options.unterminated) yield line();
}
