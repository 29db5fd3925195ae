import type { IncomingMessage } from 'node:http';

/** Collects the lines of a watch while other requests are made. */
export class OpenStream {
  text = '';
  isEnded = false;

  constructor(private readonly message: IncomingMessage) {
    message.setEncoding('utf8');
    message.on('data', (text: string) => {
      this.text += text;
    });
    message.once('close', () => {
      this.isEnded = true;
    });
    message.on('error', () => undefined);
  }

  get lines(): string[] {
    return this.text.split('\n').filter((line) => line !== '');
  }

  /** Until what was sent has arrived: nothing more comes for a while. */
  async settle(): Promise<void> {
    for (let quiet = 0; quiet < 3; ) {
      const before = this.text.length;
      await new Promise((resolve) => setTimeout(resolve, 5));
      quiet = this.text.length === before ? quiet + 1 : 0;
    }
  }

  close(): void {
    this.message.destroy();
  }
}
