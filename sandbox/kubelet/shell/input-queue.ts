/** Bytes that wait to be read, as latin1 text (one character for each byte). */
export class InputQueue {
  private buffered = '';
  private isEnded = false;
  private readonly waiting = new Set<() => void>();

  /** Called when somebody starts to wait for input. */
  onWanted: () => void = () => undefined;

  /** Somebody waits for input. */
  get isWanted(): boolean {
    return this.waiting.size > 0;
  }

  push(bytes: string): void {
    this.buffered += bytes;
    this.notify();
  }

  end(): void {
    this.isEnded = true;
    this.notify();
  }

  /** After the end of a terminal's input (Ctrl-D) the next reader can read again. */
  reopen(): void {
    this.isEnded = false;
  }

  /** What is there; the empty string at the end of input. */
  async readChunk(): Promise<string> {
    await this.until(() => this.buffered !== '');
    const chunk = this.buffered;
    this.buffered = '';
    return chunk;
  }

  async readLine(): Promise<string> {
    await this.until(() => this.buffered.includes('\n'));
    const end = this.buffered.indexOf('\n') + 1 || this.buffered.length;
    const line = this.buffered.slice(0, end);
    this.buffered = this.buffered.slice(end);
    return line;
  }

  async readAll(): Promise<string> {
    await this.until(() => false);
    return this.readChunk();
  }

  /** Takes back what nobody has read. */
  drain(): string {
    const rest = this.buffered;
    this.buffered = '';
    return rest;
  }

  private async until(isEnough: () => boolean): Promise<void> {
    while (!isEnough() && !this.isEnded) {
      await new Promise<void>((resolve) => {
        const wake = () => {
          this.waiting.delete(wake);
          resolve();
        };
        this.waiting.add(wake);
        this.onWanted();
      });
    }
  }

  private notify(): void {
    for (const wake of [...this.waiting]) wake();
  }
}
