import { setTimeout as pause } from 'node:timers/promises';
import { HARMLESS, Killed, signalCode } from './signals.js';

/** A busy process of the simulation gets this share of the host's thread, so that others are served meanwhile. */
const SLICE_MS = 4;
const REST_MS = 8;
const BUSY_STEPS = 50;

/** When the simulation began to run in this turn of the host's event loop. */
let turnStart: number | undefined;
let steps = 0;

/** Lets others run when the turn has become long; true when it did. */
async function shareThread(): Promise<boolean> {
  if (turnStart === undefined) {
    turnStart = performance.now();
    steps = 0;
    setImmediate(() => {
      turnStart = undefined;
    });
    return false;
  }
  steps += 1;
  // A turn can be long because of others; whoever takes few steps in it is not busy.
  if (steps < BUSY_STEPS || performance.now() - turnStart < SLICE_MS) return false;
  await pause(REST_MS);
  return true;
}

export interface TaskOptions {
  readonly command: string;
  readonly parent?: Task;
  /** Process 1 of a container: signals without a handler do nothing to it, except KILL from outside. */
  readonly isInit?: boolean;
}

/** All processes of a container, by number. */
export class TaskTable {
  private last = 6;
  readonly tasks = new Map<number, Task>();
  /** Until a process has ended, for `wait`. */
  start(options: TaskOptions, pid?: number): Task {
    const task = new Task(this, pid ?? this.nextPid(), options);
    this.tasks.set(task.pid, task);
    return task;
  }

  private nextPid(): number {
    do this.last = this.last >= 32_767 ? 300 : this.last + 1;
    while (this.tasks.has(this.last));
    return this.last;
  }
}

/** One process in the simulation: it can be signalled, stopped and waited for. */
export class Task {
  command: string;
  readonly parent: Task | undefined;
  readonly isInit: boolean;
  /** What `trap` has set, by signal; the empty string ignores it. */
  readonly traps = new Map<string, string>();
  readonly pending: string[] = [];
  /** Called with each signal that has a trap, to end waiting early. */
  onTrap: () => void = () => undefined;
  onStop: () => void = () => undefined;
  isStopped = false;
  exitCode: number | undefined;
  readonly ended: Promise<number>;
  private controller = new AbortController();
  private readonly children = new Set<Task>();
  private resume: (() => void) | undefined;
  private killedBy: string | undefined;
  private finish: (code: number) => void = () => undefined;

  constructor(
    private readonly table: TaskTable,
    readonly pid: number,
    { command, parent, isInit = false }: TaskOptions,
  ) {
    this.command = command;
    this.parent = parent;
    this.isInit = isInit;
    for (const [signal, action] of parent?.traps ?? []) if (action === '') this.traps.set(signal, '');
    parent?.children.add(this);
    this.ended = new Promise((resolve) => {
      this.finish = resolve;
    });
  }

  /** Aborted when the process is killed. */
  get signal(): AbortSignal {
    return this.controller.signal;
  }

  end(code: number): void {
    if (this.exitCode !== undefined) return;
    this.exitCode = code;
    this.table.tasks.delete(this.pid);
    this.parent?.children.delete(this);
    this.controller.abort();
    this.finish(code);
  }

  /** With everything that it has started. */
  killAll(signal = 'KILL'): void {
    for (const child of [...this.children]) child.killAll(signal);
    this.kill(signal);
  }

  kill(signal: string): void {
    if (this.exitCode !== undefined) return;
    const trap = this.traps.get(signal);
    if (signal === 'CONT') this.continue();
    if (signal !== 'KILL' && signal !== 'STOP') {
      if (trap === '') return;
      if (trap !== undefined) {
        this.pending.push(signal);
        this.onTrap();
        return;
      }
      if (HARMLESS.has(signal) || this.isInit) return;
    }
    if (signal === 'STOP' || signal === 'TSTP') {
      this.isStopped = true;
      this.onStop();
      return;
    }
    this.killedBy = signal;
    this.continue();
    this.controller.abort();
  }

  /** An interactive shell goes on after an interrupt. */
  revive(): void {
    this.killedBy = undefined;
    this.controller = new AbortController();
  }

  /** Throws Killed when a signal has ended the process; waits while it is stopped; lets others run now and then. */
  async check(): Promise<void> {
    this.throwIfKilled();
    while (this.isStopped) {
      await new Promise<void>((resolve) => {
        this.resume = resolve;
      });
      this.throwIfKilled();
    }
    if (await shareThread()) this.throwIfKilled();
  }

  /** The result, unless the process is killed before. */
  async during<T>(promise: Promise<T>): Promise<T> {
    this.throwIfKilled();
    let forget = (): void => undefined;
    const killed = new Promise<never>((_resolve, reject) => {
      const { signal } = this;
      const abort = () => reject(this.reason());
      signal.addEventListener('abort', abort, { once: true });
      forget = () => signal.removeEventListener('abort', abort);
    });
    try {
      const result = await Promise.race([promise, killed]);
      this.throwIfKilled();
      return result;
    } finally {
      forget();
    }
  }

  throwIfKilled(): void {
    if (this.signal.aborted) throw this.reason();
  }

  /** What the process ends with after this error; undefined when the error is no end by a signal. */
  codeOf(error: unknown): number | undefined {
    if (error instanceof Killed) return signalCode(error.signal);
    if (this.killedBy !== undefined && this.signal.aborted) return signalCode(this.killedBy);
    return undefined;
  }

  private reason(): Killed {
    return new Killed(this.killedBy ?? 'KILL');
  }

  private continue(): void {
    this.isStopped = false;
    this.resume?.();
    this.resume = undefined;
  }
}
