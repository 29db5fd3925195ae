type Stream = 'stdout' | 'stderr';

/** Cuts output into lines for the log; a line without its end is held back until the end. */
export class LineSplitter {
  private readonly rest: Record<Stream, string> = { stdout: '', stderr: '' };

  constructor(private readonly emit: (stream: Stream, text: string, partial: boolean) => void) {}

  write(stream: Stream, bytes: Uint8Array): void {
    const lines = (this.rest[stream] + Buffer.from(bytes).toString('utf8')).split('\n');
    this.rest[stream] = lines.pop() ?? '';
    for (const line of lines) this.emit(stream, line, false);
  }

  end(): void {
    for (const stream of ['stdout', 'stderr'] as const) {
      if (this.rest[stream]) this.emit(stream, this.rest[stream], true);
      this.rest[stream] = '';
    }
  }
}
