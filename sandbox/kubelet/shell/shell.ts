import { parse, type ScriptNode } from 'just-bash';
import type { ContainerProcesses } from './container-processes.js';
import { ExitShell, isControl, ReturnFromFunction } from './control.js';
import type { Descriptors } from './descriptors.js';
import type { DeviceFiles } from './device-files.js';
import { Expansion } from './expansion.js';
import { Jobs } from './jobs.js';
import { resolvePath } from './redirections.js';
import { type ShellDialect, shellDialect } from './shell-dialect.js';
import { parameterOf } from './shell-parameters.js';
import { BrokenPipe, Killed, signalCode } from './signals.js';
import { runStatements } from './statements.js';
import { CollectingOutput, type Input } from './streams.js';
import type { Task } from './task.js';
import type { Terminal } from './terminal.js';
import type { Programs } from './utility.js';
import { VariableTable } from './variables.js';

export interface ShellOptions {
  readonly container: ContainerProcesses;
  readonly task: Task;
  readonly files: DeviceFiles;
  readonly dialect: ShellDialect;
  readonly variables: VariableTable;
  readonly directory: string;
  readonly io: Descriptors;
  readonly programs: Programs;
  /** `$0` */
  readonly name: string;
  readonly positional?: readonly string[];
  readonly isInteractive?: boolean;
  readonly terminal?: Terminal | undefined;
}

export interface AnotherShell {
  readonly name: string;
  readonly args?: readonly string[];
  readonly task: Task;
  readonly io: Descriptors;
  readonly environment: Readonly<Record<string, string>>;
}

const CAPTURE_BYTES = 16 << 20;
const STOPPED = -1;

/** One shell process: its variables, functions, directory, jobs, and what runs in it. */
export class Shell {
  readonly container: ContainerProcesses;
  readonly task: Task;
  readonly files: DeviceFiles;
  readonly dialect: ShellDialect;
  readonly programs: Programs;
  readonly expansion = new Expansion(this);
  readonly functions = new Map<string, any>();
  readonly aliases = new Map<string, string>();
  readonly options = new Set<string>();
  readonly terminal: Terminal | undefined;
  jobs = new Jobs();
  /** Processes that the keyboard's signals go to; the shell itself when there are none. */
  foreground: readonly Task[] = [];
  variables: VariableTable;
  directory: string;
  io: Descriptors;
  name: string;
  positional: readonly string[];
  isInteractive: boolean;
  lastCode = 0;
  lastBackground: number | undefined;
  /** How deep in conditions, where `set -e` does not apply. */
  conditions = 0;
  /** Of the last command substitution in an assignment. */
  substitutionCode: number | undefined;
  /** Exists for one command only, which then needs no process of its own. */
  isDisposable = false;
  /** The keyboard has interrupted what is in the foreground. */
  isInterrupted = false;
  /** May not read the terminal. */
  isBackground = false;
  /** `$$`: the same in subshells. */
  shellPid: number;
  /** When it began, in milliseconds since the epoch. */
  readonly started: number;

  constructor(given: ShellOptions) {
    this.container = given.container;
    this.task = given.task;
    this.files = given.files;
    this.dialect = given.dialect;
    this.programs = given.programs;
    this.variables = given.variables;
    this.directory = given.directory;
    this.io = given.io;
    this.name = given.name;
    this.positional = given.positional ?? [];
    this.isInteractive = given.isInteractive ?? false;
    this.terminal = given.terminal;
    this.shellPid = given.task.pid;
    this.started = given.container.now();
  }

  get terminalInput(): Input | undefined {
    return this.terminal?.commandInput;
  }

  resolve(path: string): string {
    return resolvePath(this, path);
  }

  /** Of `$name`; undefined when it is not set. */
  parameter(name: string): string | undefined {
    return parameterOf(this, name);
  }

  /** A copy for `(…)`, pipelines and the background, in a process of its own. */
  fork(command = this.task.command): Shell {
    const task = this.container.tasks.start({ command, parent: this.task });
    const copy = new Shell({
      ...this,
      task,
      variables: this.variables.copy(),
      positional: [...this.positional],
      isInteractive: false,
      terminal: this.terminal,
    });
    for (const [name, body] of this.functions) copy.functions.set(name, body);
    for (const option of this.options) copy.options.add(option);
    for (const [name, text] of this.aliases) copy.aliases.set(name, text);
    copy.lastCode = this.lastCode;
    copy.lastBackground = this.lastBackground;
    copy.shellPid = this.shellPid;
    copy.conditions = this.conditions;
    return copy;
  }

  /** Statements one after the other; the last exit code. */
  run(statements: readonly unknown[], io: Descriptors): Promise<number> {
    return runStatements(this, statements, io);
  }

  /** Another shell program in the process, with nothing of this one but what is exported. */
  another({ name, args = [], task, io, environment }: AnotherShell): Shell {
    return new Shell({
      ...this,
      task,
      name,
      io,
      positional: args,
      isInteractive: false,
      variables: new VariableTable(environment),
      dialect: shellDialect(this.container.system, name),
    });
  }

  /** Runs to the end of this process and tells its exit code. Never throws. */
  async runToEnd(work: () => Promise<number>): Promise<number> {
    const code = await this.runWithin(work);
    this.task.end(code);
    return code;
  }

  /** As runToEnd, for a shell in a process that others end. */
  async runWithin(work: () => Promise<number>): Promise<number> {
    let code = await this.outcome(work);
    if (this.task.traps.get('EXIT')) {
      const trapped = await this.outcome(async () => {
        await this.runTrap('EXIT');
        return code;
      });
      code = trapped;
    }
    return code;
  }

  private async outcome(work: () => Promise<number>): Promise<number> {
    try {
      return await work();
    } catch (error) {
      if (error instanceof ExitShell || error instanceof ReturnFromFunction) return error.code;
      if (isControl(error)) return this.lastCode;
      const killed = this.task.codeOf(error);
      if (killed !== undefined) return killed;
      if (error instanceof BrokenPipe) return signalCode('PIPE');
      await this.complain(error instanceof Error ? error.message : String(error)).catch(() => undefined);
      return 2;
    }
  }

  /** A script as text; syntax errors are told and give 2. */
  async runText(script: string, io = this.io): Promise<number> {
    const parsed = await this.parse(script);
    if (!parsed) {
      this.lastCode = 2;
      return 2;
    }
    return runStatements(this, parsed.statements, io);
  }

  async parse(script: string): Promise<ScriptNode | undefined> {
    try {
      const parsed = parse(script);
      const wrong = parsed.statements.find(({ deferredError }) => deferredError)?.deferredError;
      if (wrong) throw new Error(wrong.message);
      return parsed;
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      await this.complain(message.replace(/^(bash: )?(Parse error at [\d:]+: |line \d+: )/, ''));
      return undefined;
    }
  }

  /** Waits at a point where the process can be killed, stopped or interrupted by its traps. */
  async checkpoint(): Promise<void> {
    await this.task.check();
    while (this.task.pending.length > 0) await this.runTrap(this.task.pending.shift() ?? '');
  }

  private async runTrap(signal: string): Promise<void> {
    const action = this.task.traps.get(signal);
    if (signal === 'EXIT') this.task.traps.delete('EXIT');
    if (!action) return;
    const code = this.lastCode;
    await this.runText(action);
    this.lastCode = code;
  }

  /** What a command substitution writes. */
  async capture(script: ScriptNode): Promise<string> {
    const output = new CollectingOutput(CAPTURE_BYTES);
    const child = this.fork();
    child.io = this.io.copy().set(1, output);
    const done = child.runToEnd(() => runStatements(child, script.statements, child.io));
    this.lastCode = await this.inForeground([child.task], done);
    this.substitutionCode = this.lastCode;
    return output.text;
  }

  /** `<(…)`: what the script writes, as a file. */
  async substituteProcess(script: ScriptNode): Promise<string> {
    const path = `/dev/fd/${60 + Math.floor(this.container.random() * 1e6)}`;
    await this.files.writeFile(path, await this.capture(script), 'binary');
    return path;
  }

  /** Waits for processes that the keyboard's signals go to meanwhile. */
  async inForeground(tasks: readonly Task[], done: Promise<number>): Promise<number> {
    const before = this.foreground;
    this.foreground = tasks;
    try {
      return await this.task.during(done);
    } catch (error) {
      if (error instanceof Killed)
        for (const task of tasks) task.killAll(error.signal === 'INT' ? 'INT' : 'KILL');
      throw error;
    } finally {
      this.foreground = before;
    }
  }

  /** As inForeground; in an interactive shell the keyboard can also stop the processes, which become a job. */
  async awaitJob(tasks: readonly Task[], done: Promise<number>, command: string): Promise<number> {
    if (!this.isInteractive) return this.inForeground(tasks, done);
    const stopped = new Promise<number>((resolve) => {
      for (const task of tasks) task.onStop = () => resolve(STOPPED);
    });
    this.isInterrupted = false;
    const code = await this.inForeground(tasks, Promise.race([done, stopped]));
    // A command that died of the keyboard's interrupt takes the loop around it along.
    if (this.isInterrupted && code === signalCode('INT')) throw new Killed('INT');
    if (code !== STOPPED) return code;
    const job = this.jobs.add(tasks, command, 'Stopped');
    await this.io.complain(`\n${this.jobs.describe(job)}`);
    return signalCode('TSTP');
  }

  async complain(message: string, io = this.io): Promise<void> {
    await io.complain(`${this.dialect.prefix(this.name, this.isInteractive)}${message}\n`);
  }
}
