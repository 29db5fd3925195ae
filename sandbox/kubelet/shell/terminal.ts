import { StringDecoder } from 'node:string_decoder';
import { InputQueue } from './input-queue.js';

const HISTORY = 200;

/** Escape sequences of keys, by what they do to the line. */
const KEYS: Record<string, string> = {
  '\u001b[A': 'up',
  '\u001bOA': 'up',
  '\u001b[B': 'down',
  '\u001bOB': 'down',
  '\u001b[C': 'right',
  '\u001bOC': 'right',
  '\u001b[D': 'left',
  '\u001bOD': 'left',
  '\u001b[H': 'home',
  '\u001bOH': 'home',
  '\u001b[1~': 'home',
  '\u001b[F': 'end',
  '\u001bOF': 'end',
  '\u001b[4~': 'end',
  '\u001b[3~': 'delete',
  '\u0001': 'home',
  '\u0002': 'left',
  '\u0003': 'interrupt',
  '\u0004': 'end-of-input',
  '\u0005': 'end',
  '\u0006': 'right',
  '\u0008': 'backspace',
  '\u000b': 'kill-to-end',
  '\u000c': 'clear',
  '\n': 'enter',
  '\r': 'enter',
  '\u000e': 'down',
  '\u0010': 'up',
  '\u0015': 'kill-to-start',
  '\u0017': 'kill-word',
  '\u007f': 'backspace',
};

const ESCAPE = '\u001b';
const INTERRUPT = '\u0003';
const SEQUENCE = new RegExp(`^${ESCAPE}(\\[[0-9;?]*[ -/]*[@-~]|O[@-~]|[^[O])`, 's');

/** Either a line is edited at a prompt, or what is typed goes to the running command, echoed. */
export class Terminal {
  /** What the running command reads. */
  readonly commandInput = new InputQueue();
  onInterrupt: () => void = () => undefined;
  private readonly decoder = new StringDecoder('utf8');
  private readonly history: string[] = [];
  private typed = '';
  private prompt = '';
  private line = '';
  private cursor = 0;
  private recalled = 0;
  private finish: ((line: string | undefined) => void) | undefined;

  private echoed = '';
  private isProcessing = false;

  constructor(private readonly send: (text: string) => void) {
    this.commandInput.onWanted = () => this.process();
  }

  input(bytes: Uint8Array): void {
    this.typed += this.decoder.write(Buffer.from(bytes));
    this.process();
  }

  /** Undefined when the input was ended at an empty line. */
  readLine(prompt: string): Promise<string | undefined> {
    this.prompt = prompt;
    this.line = '';
    this.cursor = 0;
    this.recalled = this.history.length;
    this.typed = Buffer.from(this.commandInput.drain(), 'latin1').toString('utf8') + this.typed;
    this.write(prompt);
    return new Promise((resolve) => {
      this.finish = (line) => {
        this.finish = undefined;
        resolve(line);
      };
      this.process();
    });
  }

  /** What one piece of input gives is sent in one piece. */
  private process(): void {
    const isOutermost = !this.isProcessing;
    this.isProcessing = true;
    try {
      this.processKeys();
    } finally {
      if (isOutermost) {
        this.isProcessing = false;
        this.flush();
      }
    }
  }

  private write(text: string): void {
    this.echoed += text;
    if (!this.isProcessing) this.flush();
  }

  private flush(): void {
    const text = this.echoed;
    this.echoed = '';
    if (text) this.send(text);
  }

  private processKeys(): void {
    while (this.typed !== '') {
      if (!this.finish && !this.isPassable()) return;
      const sequence = SEQUENCE.exec(this.typed)?.[0];
      // The rest of an escape sequence is still under way.
      if (!sequence && this.typed.startsWith(ESCAPE)) return;
      const key = sequence ?? String.fromCodePoint(this.typed.codePointAt(0) ?? 0);
      this.typed = this.typed.slice(key.length);
      // A carriage return and a line feed together are one key.
      if (key === '\r' && this.typed.startsWith('\n')) this.typed = this.typed.slice(1);
      if (this.finish) this.edit(KEYS[key], key);
      else this.pass(KEYS[key], key);
    }
  }

  /** What is typed ahead waits for a reader, but an interrupt does not. */
  private isPassable(): boolean {
    if (this.commandInput.isWanted) return true;
    const interrupt = this.typed.indexOf(INTERRUPT);
    if (interrupt < 0) return false;
    this.typed = this.typed.slice(interrupt);
    return true;
  }

  private pass(action: string | undefined, key: string): void {
    if (action === 'interrupt') {
      this.write('^C\r\n');
      this.line = '';
      this.onInterrupt();
    } else if (action === 'enter') {
      this.write('\r\n');
      this.commandInput.push(Buffer.from(`${this.line}\n`).toString('latin1'));
      this.line = '';
    } else if (action === 'end-of-input') {
      if (this.line) this.commandInput.push(Buffer.from(this.line).toString('latin1'));
      else this.commandInput.end();
      this.line = '';
    } else if (action === 'backspace') {
      if (this.line) this.write('\b \b');
      this.line = [...this.line].slice(0, -1).join('');
    } else if (action === undefined && key >= ' ') {
      this.line += key;
      this.write(key);
    }
  }

  private edit(action: string | undefined, key: string): void {
    const { line, cursor } = this;
    switch (action) {
      case 'enter':
        this.write('\r\n');
        this.accept(line);
        break;
      case 'interrupt':
        this.write('^C\r\n');
        this.finish?.('');
        break;
      case 'end-of-input':
        if (line) this.replace(line.slice(0, cursor) + line.slice(cursor + 1), cursor);
        else this.leave();
        break;
      case 'up':
      case 'down':
        this.recall(action === 'up' ? -1 : 1);
        break;
      case 'left':
        this.replace(line, Math.max(0, cursor - 1));
        break;
      case 'right':
        this.replace(line, Math.min(line.length, cursor + 1));
        break;
      case 'home':
        this.replace(line, 0);
        break;
      case 'end':
        this.replace(line, line.length);
        break;
      case 'backspace':
        if (cursor > 0) this.replace(line.slice(0, cursor - 1) + line.slice(cursor), cursor - 1);
        break;
      case 'delete':
        this.replace(line.slice(0, cursor) + line.slice(cursor + 1), cursor);
        break;
      case 'kill-to-end':
        this.replace(line.slice(0, cursor), cursor);
        break;
      case 'kill-to-start':
        this.replace(line.slice(cursor), 0);
        break;
      case 'kill-word': {
        const kept = line.slice(0, cursor).replace(/\S*\s*$/, '');
        this.replace(kept + line.slice(cursor), kept.length);
        break;
      }
      case 'clear':
        this.write('\u001b[H\u001b[J');
        this.replace(line, cursor);
        break;
      default:
        if (key >= ' ' && !key.startsWith(ESCAPE)) this.insert(key);
    }
  }

  private insert(text: string): void {
    const { line, cursor } = this;
    if (cursor === line.length) {
      this.line += text;
      this.cursor += text.length;
      this.write(text);
    } else this.replace(line.slice(0, cursor) + text + line.slice(cursor), cursor + text.length);
  }

  private replace(line: string, cursor: number): void {
    this.line = line;
    this.cursor = cursor;
    const back = line.length - cursor;
    this.write(`\r${this.prompt}${line}\u001b[J${back > 0 ? `\u001b[${back}D` : ''}`);
  }

  private recall(step: number): void {
    const next = Math.min(Math.max(0, this.recalled + step), this.history.length);
    this.recalled = next;
    const line = this.history[next] ?? '';
    this.replace(line, line.length);
  }

  private accept(line: string): void {
    if (line.trim() && this.history.at(-1) !== line) this.history.push(line);
    if (this.history.length > HISTORY) this.history.shift();
    this.finish?.(line);
    this.line = '';
  }

  private leave(): void {
    this.write('\r\n');
    this.finish?.(undefined);
  }
}
