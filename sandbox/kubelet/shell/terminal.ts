import { StringDecoder } from 'node:string_decoder';
import { InputQueue } from './input-queue.js';
import { KEYS, takeKey } from './keys.js';
import { type Complete, LineEditor } from './line-editor.js';

const HISTORY = 200;
const ASK_CURSOR = '\u001b[6n';
/** More than this typed ahead is lost, as in a real terminal. */
const TYPED_AHEAD = 1 << 20;

/** What the keyboard's control keys send to the running command. */
const SIGNALS: Readonly<Record<string, readonly [string, string]>> = {
  interrupt: ['INT', '^C'],
  stop: ['TSTP', '^Z'],
  quit: ['QUIT', '^\\'],
};

export interface LineOptions {
  readonly complete?: Complete;
  /** The terminal is asked where its cursor is, as ash does. */
  readonly asksCursor?: boolean;
}

/** Single keys, for programs that use the whole screen. */
export interface KeyReader {
  next(signal: AbortSignal): Promise<string>;
  close(): void;
}

/** Either a line is edited at a prompt, or what is typed goes to the running command, echoed or key by key. */
export class Terminal {
  /** What the running command reads. */
  readonly commandInput = new InputQueue(true);
  readonly history: string[] = [];
  size = { columns: 80, rows: 24 };
  onSignal: (signal: string) => void = () => undefined;
  private readonly decoder = new StringDecoder('utf8');
  private typed = '';
  /** What the running command has been typed, before its line ends. */
  private line = '';
  private editor: LineEditor | undefined;
  private finish: ((line: string | undefined) => void) | undefined;
  private options: LineOptions = {};
  private keyQueue: { input: InputQueue; isRaw: boolean } | undefined;
  private echoed = '';
  private isProcessing = false;
  private isCompleting = false;

  constructor(private readonly send: (text: string) => void) {
    this.commandInput.onWanted = () => this.process();
  }

  input(bytes: Uint8Array): void {
    if (this.typed.length < TYPED_AHEAD) this.typed += this.decoder.write(Buffer.from(bytes));
    this.process();
  }

  resize(columns: number, rows: number): void {
    this.size = { columns, rows };
    if (this.editor && this.options.asksCursor) this.editor.redraw();
  }

  /** Undefined when the input was ended at an empty line. */
  readLine(prompt: string, options: LineOptions = {}): Promise<string | undefined> {
    this.options = options;
    const host = { write: (text: string) => this.write(text), columns: () => this.size.columns };
    this.editor = new LineEditor(host, prompt, this.history);
    this.typed = Buffer.from(this.commandInput.drain(), 'latin1').toString('utf8') + this.line + this.typed;
    this.line = '';
    this.write(prompt + (options.asksCursor ? ASK_CURSOR : ''));
    return new Promise((resolve) => {
      this.finish = (line) => {
        this.finish = undefined;
        this.editor = undefined;
        resolve(line);
      };
      this.process();
    });
  }

  /** From now on keys are not echoed and go to this reader one by one. Raw ones send no signals either. */
  openKeys({ isRaw = false } = {}): KeyReader {
    const input = new InputQueue();
    this.keyQueue = { input, isRaw };
    let waiting: string[] = [];
    this.process();
    return {
      next: async (signal) => {
        while (waiting.length === 0) {
          let text = Buffer.from(await input.read(signal), 'latin1').toString('utf8');
          while (text !== '') {
            const key = takeKey(text, true) ?? text;
            waiting.push(key);
            text = text.slice(key.length);
          }
        }
        const [key = ''] = waiting;
        waiting = waiting.slice(1);
        return key;
      },
      close: () => {
        if (this.keyQueue?.input === input) this.keyQueue = undefined;
        // What was typed ahead is for whoever reads next.
        this.typed = waiting.join('') + Buffer.from(input.drain(), 'latin1').toString('utf8') + this.typed;
        this.process();
      },
    };
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
    while (this.typed !== '' && !this.isCompleting) {
      if (!this.finish && !this.isPassable()) return;
      const key = takeKey(this.typed, this.keyQueue?.isRaw);
      if (key === undefined) return;
      this.typed = this.typed.slice(key.length);
      // A carriage return and a line feed together are one key.
      if (key === '\r' && this.typed.startsWith('\n')) this.typed = this.typed.slice(1);
      if (this.finish) this.edit(KEYS[key], key);
      else this.pass(KEYS[key], key);
    }
  }

  /** What is typed ahead waits for a reader, but a signal does not. */
  private isPassable(): boolean {
    if (this.keyQueue || this.commandInput.isWanted) return true;
    const signal = [...this.typed].findIndex((key) => (KEYS[key] ?? '') in SIGNALS);
    if (signal < 0) return false;
    this.typed = this.typed.slice(signal);
    return true;
  }

  private pass(action: string | undefined, key: string): void {
    const signal = this.keyQueue?.isRaw ? undefined : SIGNALS[action ?? ''];
    if (signal) {
      this.line = '';
      this.keyQueue = undefined;
      this.write(`${signal[1]}${signal[0] === 'INT' ? '\r\n' : ''}`);
      this.flush();
      this.onSignal(signal[0]);
    } else if (this.keyQueue) this.keyQueue.input.push(Buffer.from(key).toString('latin1'));
    else if (action === 'enter') {
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
    } else if (action === 'kill-to-start') {
      this.write('\b \b'.repeat([...this.line].length));
      this.line = '';
    } else if (key >= ' ' && !key.startsWith('\u001b') && key !== '\u007f') {
      this.line += key;
      this.write(key);
    }
  }

  private edit(action: string | undefined, key: string): void {
    const { editor } = this;
    if (!editor) return;
    if (action === 'enter') {
      editor.settle();
      this.write('\r\n');
      this.accept(editor.line);
    } else if (action === 'interrupt') {
      this.write('^C\r\n');
      this.finish?.('');
    } else if (action === 'end-of-input') {
      if (editor.line) editor.act('delete');
      else {
        this.write('\r\n');
        this.finish?.(undefined);
      }
    } else if (action === 'complete') this.completeLine(editor);
    else if (action !== undefined && editor.act(action)) return;
    else if (action === undefined && key >= ' ' && !key.startsWith('\u001b')) editor.insert(key);
  }

  private completeLine(editor: LineEditor): void {
    const { complete } = this.options;
    if (!complete) return;
    this.isCompleting = true;
    const goOn = () => {
      this.isCompleting = false;
      this.process();
    };
    editor.complete(complete).then(goOn, goOn);
  }

  private accept(line: string): void {
    if (line.trim() && this.history.at(-1) !== line) this.history.push(line);
    if (this.history.length > HISTORY) this.history.shift();
    this.finish?.(line);
  }
}
