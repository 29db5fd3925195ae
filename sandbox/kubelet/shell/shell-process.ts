import type { ExecProcess } from '../../storage/runtime.js';
import type { ContainerInstance } from '../container-instance.js';
import { InputQueue } from './input-queue.js';
import { resolveExecutable } from './resolve-executable.js';
import { SHELLS } from './system-executables.js';
import { Terminal } from './terminal.js';

type Stream = 'stdout' | 'stderr';
type Exit = { code: number } | { error: string };

export interface ExecRequest {
  readonly command: string[];
  readonly tty: boolean;
  readonly stdin: boolean;
}

const KILLED = 137;
const CHUNK = 32_768;

let lastPid = 40;

function nextPid(): number {
  lastPid = 40 + ((lastPid - 38) % 30_000);
  return lastPid;
}

/** A process in a simulated container: a shell, a tool, or the error of a command that is not there. */
export class ShellProcess implements ExecProcess {
  readonly pid = nextPid();
  readonly input: InputQueue;
  readonly terminal: Terminal | undefined;
  size = { columns: 80, rows: 24 };
  private readonly outputListeners: ((stream: Stream, bytes: Uint8Array) => void)[] = [];
  private readonly exitListeners: ((exit: Exit) => void)[] = [];
  private readonly early: [Stream, Uint8Array][] = [];
  private readonly aborted = new AbortController();
  private result: Exit | undefined;

  constructor(
    readonly instance: ContainerInstance,
    readonly request: ExecRequest,
  ) {
    this.terminal = request.tty ? new Terminal((text) => this.emit('stdout', Buffer.from(text))) : undefined;
    this.input = this.terminal?.commandInput ?? new InputQueue();
    if (!request.stdin) this.input.end();
    this.run().then(
      (exit) => this.finish(exit),
      (error) => {
        this.print('stderr', `${error instanceof Error ? error.message : error}\n`);
        this.finish({ code: 126 });
      },
    );
  }

  /** Ends with kill() only; commands have their own way to be interrupted. */
  get signal(): AbortSignal {
    return this.aborted.signal;
  }

  get isShell(): boolean {
    const [executable = ''] = this.request.command;
    return SHELLS.has(executable.split('/').at(-1) ?? '');
  }

  write(bytes: Uint8Array): void {
    if (!this.request.stdin || this.result) return;
    if (this.terminal) this.terminal.input(bytes);
    else this.input.push(Buffer.from(bytes).toString('latin1'));
  }

  endInput(): void {
    if (this.terminal) this.terminal.input(Buffer.from('\u0004'));
    else this.input.end();
  }

  resize(columns: number, rows: number): void {
    this.size = { columns, rows };
  }

  kill(): void {
    this.aborted.abort();
    this.finish({ code: KILLED });
  }

  onOutput(listener: (stream: Stream, bytes: Uint8Array) => void): void {
    this.outputListeners.push(listener);
    for (const [stream, bytes] of this.early.splice(0)) listener(stream, bytes);
  }

  onExit(listener: (exit: Exit) => void): void {
    if (this.result) listener(this.result);
    else this.exitListeners.push(listener);
  }

  sleep(ms: number): Promise<void> {
    const { clock } = this.instance.host;
    return new Promise((resolve) => {
      const stop = () => clock.clear(timer);
      const timer = clock.setTimeout(() => {
        this.signal.removeEventListener('abort', stop);
        resolve();
      }, ms);
      this.signal.addEventListener('abort', stop, { once: true });
    });
  }

  /** Bytes as latin1 text, from a command. A terminal shows both streams and turns line feeds into line ends. */
  print(stream: Stream, bytes: string): void {
    if (this.terminal) this.emit('stdout', Buffer.from(bytes.replaceAll(/\r?\n/g, '\r\n'), 'latin1'));
    else this.emit(stream, Buffer.from(bytes, 'latin1'));
  }

  private async run(): Promise<Exit> {
    const { command } = this.request;
    const problem = resolveExecutable(this.instance, command);
    if (problem) return { error: problem };
    const [executable = '', duration] = command;
    if (/(^|\/)sleep$/.test(executable) && command.length === 2) {
      await this.sleep(durationOf(duration ?? ''));
      return { code: 0 };
    }
    // Loaded here, because the interpreter is large and most containers are never looked into.
    const { runCommand } = await import('./run-command.js');
    return { code: await runCommand(this) };
  }

  private emit(stream: Stream, bytes: Uint8Array): void {
    if (this.result) return;
    for (let start = 0; start < bytes.length; start += CHUNK) {
      const chunk = bytes.subarray(start, start + CHUNK);
      if (this.outputListeners.length === 0) this.early.push([stream, chunk]);
      for (const listener of this.outputListeners) listener(stream, chunk);
    }
  }

  private finish(exit: Exit): void {
    if (this.result) return;
    this.result = exit;
    this.aborted.abort();
    for (const listener of this.exitListeners.splice(0)) listener(exit);
  }
}

const UNITS: Record<string, number> = { '': 1, s: 1, m: 60, h: 3600, d: 86_400 };
const LONGEST_MS = 2 ** 31 - 1;

/** Of `sleep`'s operand: `10`, `0.5`, `1h`, `infinity`. */
function durationOf(text: string): number {
  const [, digits, unit = ''] = /^([\d.]+)([smhd]?)$/.exec(text) ?? [];
  return digits === undefined ? LONGEST_MS : Math.min(Number(digits) * (UNITS[unit] ?? 1) * 1000, LONGEST_MS);
}
