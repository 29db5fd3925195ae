import { DiscardingOutput, Input, type Output, TextInput } from './streams.js';

type Stream = Input | Output;

/** The open files of a command, by number. */
export class Descriptors {
  constructor(private readonly streams: Map<number, Stream> = new Map()) {}

  copy(): Descriptors {
    return new Descriptors(new Map(this.streams));
  }

  get(fd: number): Stream | undefined {
    return this.streams.get(fd);
  }

  set(fd: number, stream: Stream): this {
    this.streams.set(fd, stream);
    return this;
  }

  close(fd: number): void {
    this.streams.delete(fd);
  }

  /** Becomes what the other is, as `exec` with redirections asks for. */
  replaceBy(other: Descriptors): void {
    this.streams.clear();
    for (const [fd, stream] of other.streams) this.streams.set(fd, stream);
  }

  get input(): Input {
    const stream = this.streams.get(0);
    return stream instanceof Input ? stream : new TextInput('');
  }

  output(fd = 1): Output {
    const stream = this.streams.get(fd);
    return stream && 'write' in stream ? stream : new DiscardingOutput();
  }

  async print(text: string): Promise<void> {
    await this.output(1).write(text);
  }

  async complain(text: string): Promise<void> {
    await this.output(2).write(text);
  }
}
