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

  close(): void {
    this.message.destroy();
  }
}
