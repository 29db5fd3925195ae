import type { IncomingMessage } from 'node:http';
import { createInterface } from 'node:readline';

/** Collects the lines of a watch while other requests are made. */
export class OpenStream {
  readonly lines: string[] = [];
  isEnded = false;

  constructor(private readonly message: IncomingMessage) {
    const reader = createInterface({ input: message });
    reader.on('line', (line) => this.lines.push(line));
    message.once('close', () => {
      this.isEnded = true;
    });
    message.on('error', () => undefined);
  }

  close(): void {
    this.message.destroy();
  }
}
