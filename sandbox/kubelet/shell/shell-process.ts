import type { ExecProcess } from '../../storage/runtime.js';
import type { ContainerProcesses } from './container-processes.js';
import { durationMs } from './duration.js';
import { InputQueue } from './input-queue.js';
import { resolveExecutable } from './resolve-executable.js';
import type { Output } from './streams.js';
import { SHELLS } from './system-executables.js';
import type { Task } from './task.js';
import { Terminal } from './terminal.js';

type Stream = 'stdout' | 'stderr';
type Exit = { code: number } | { error: string };
type Listener = (stream: Stream, bytes: Uint8Array) => void;

export interface ExecRequest {
  readonly command: readonly string[];
  readonly tty: boolean;
  readonly stdin: boolean;
  /** Process 1 of the container. */
  readonly isMain?: boolean;
}

const KILLED = 137;
const CHUNK = 32_768;

/** A process in a simulated container: a shell, a tool, or the error of a command that is not there. */
export class ShellProcess implements ExecProcess {
  readonly input: InputQueue;
  readonly terminal: Terminal | undefined;
  readonly task: Task;
  /** When the command has begun to run, so that it can have set its traps. */
  readonly running: Promise<void>;
  private hasBegun: () => void = () => undefined;
  private readonly outputListeners = new Set<Listener>();
  private readonly exitListeners: ((exit: Exit) => void)[] = [];
  private readonly early: [Stream, Uint8Array][] = [];
  private paused: Promise<void> | undefined;
  private unpause: () => void = () => undefined;
  private result: Exit | undefined;

  constructor(
    readonly container: ContainerProcesses,
    readonly request: ExecRequest,
  ) {
    const { command, isMain = false } = request;
    this.task = container.tasks.start({ command: command.join(' '), isInit: isMain }, isMain ? 1 : undefined);
    this.terminal = request.tty ? new Terminal((text) => this.emit('stdout', Buffer.from(text))) : undefined;
    if (this.terminal) this.terminal.onSignal = (signal) => this.task.killAll(signal);
    this.input = this.terminal?.commandInput ?? new InputQueue();
    if (!request.stdin && !this.terminal) this.input.end();
    this.running = new Promise((resolve) => {
      this.hasBegun = resolve;
    });
    this.run().then(
      (exit) => this.finish(exit),
      () => this.finish({ code: 126 }),
    );
  }

  markRunning(): void {
    setImmediate(() => setImmediate(this.hasBegun));
  }

  get isShell(): boolean {
    const [executable = ''] = this.request.command;
    return SHELLS.has(executable.split('/').at(-1) ?? '');
  }

  /** Resolves when there is room for more. */
  async write(bytes: Uint8Array): Promise<void> {
    if (!this.request.stdin || this.result) return;
    if (this.terminal) this.terminal.input(bytes);
    else this.input.push(Buffer.from(bytes).toString('latin1'));
    await this.input.room();
  }

  endInput(): void {
    if (this.terminal) this.terminal.input(Buffer.from('\u0004'));
    else this.input.end();
  }

  resize(columns: number, rows: number): void {
    this.terminal?.resize(columns, rows);
    for (const task of [...this.container.tasks.tasks.values()])
      if (task === this.task || task.parent === this.task) task.kill('WINCH');
  }

  kill(): void {
    this.task.killAll('KILL');
    this.finish({ code: KILLED });
  }

  /** Whoever writes waits until resume(). */
  pause(): void {
    this.paused ??= new Promise((resolve) => {
      this.unpause = resolve;
    });
  }

  resume(): void {
    this.paused = undefined;
    this.unpause();
  }

  /** Returns how to stop listening. */
  onOutput(listener: Listener): () => void {
    this.outputListeners.add(listener);
    for (const [stream, bytes] of this.early.splice(0)) listener(stream, bytes);
    return () => this.outputListeners.delete(listener);
  }

  onExit(listener: (exit: Exit) => void): void {
    if (this.result) listener(this.result);
    else this.exitListeners.push(listener);
  }

  /** A terminal turns line feeds into line ends. */
  output(stream: Stream): Output {
    return {
      isTerminal: this.terminal !== undefined,
      write: async (bytes) => {
        if (bytes === '') return;
        while (this.paused && !this.result) await this.paused;
        const shown = this.terminal ? bytes.replaceAll(/\r?\n/g, '\r\n') : bytes;
        this.emit(stream, Buffer.from(shown, 'latin1'));
      },
      close: () => undefined,
    };
  }

  private async run(): Promise<Exit> {
    const { command } = this.request;
    const problem = resolveExecutable(this.container.instance, command);
    if (problem) {
      this.task.end(127);
      return { error: problem };
    }
    const [executable = '', duration = ''] = command;
    const ms = /(^|\/)sleep$/.test(executable) && command.length === 2 ? durationMs(duration) : undefined;
    if (ms !== undefined) this.markRunning();
    if (ms !== undefined) return { code: await this.sleep(ms) };
    // Loaded here, because the interpreter is large and most containers are never looked into.
    const { runCommand } = await import('./run-command.js');
    return { code: await runCommand(this) };
  }

  /** By far the most common command of containers that only wait to be looked into. */
  private async sleep(ms: number): Promise<number> {
    try {
      await this.task.during(this.container.sleep(ms, this.task.signal));
      return 0;
    } catch (error) {
      return this.task.codeOf(error) ?? KILLED;
    }
  }

  private emit(stream: Stream, bytes: Uint8Array): void {
    if (this.result) return;
    for (let start = 0; start < bytes.length; start += CHUNK) {
      const chunk = bytes.subarray(start, start + CHUNK);
      if (this.outputListeners.size === 0) this.early.push([stream, chunk]);
      for (const listener of this.outputListeners) listener(stream, chunk);
    }
  }

  private finish(exit: Exit): void {
    if (this.result) return;
    this.result = exit;
    this.hasBegun();
    this.input.close();
    this.unpause();
    this.task.killAll('KILL');
    this.task.end('code' in exit ? exit.code : 127);
    for (const listener of this.exitListeners.splice(0)) listener(exit);
  }
}
