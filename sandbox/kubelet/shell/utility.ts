import type { Descriptors } from './descriptors.js';
import { RedirectionError } from './redirections.js';
import type { Shell } from './shell.js';
import { BrokenPipe, signalCode } from './signals.js';
import type { Task } from './task.js';

/** What a program knows when it runs. Names, arguments and streams are bytes. */
export interface UtilityContext {
  readonly shell: Shell;
  readonly task: Task;
  readonly name: string;
  readonly args: readonly string[];
  readonly io: Descriptors;
  /** Everything exported, and what was assigned for this command. */
  readonly environment: Readonly<Record<string, string>>;
}

/** A program: writes to its streams and gives its exit code. */
export type Utility = (context: UtilityContext) => Promise<number>;

/** The programs that a container has. */
export interface Programs {
  /** By name or path; undefined when there is none. */
  find(shell: Shell, name: string): Utility | undefined;
  /** Where a command is, for `which` and `type`; undefined when it is nowhere. */
  locate(shell: Shell, name: string): Promise<string | undefined>;
  /** Everything that can be called by name. */
  names(shell: Shell): string[];
}

export interface Invocation {
  readonly name: string;
  readonly args: readonly string[];
  readonly io: Descriptors;
  readonly environment: Readonly<Record<string, string>>;
}

/** Runs a program in a process of its own and waits for its end. */
export function runUtility(shell: Shell, utility: Utility, invocation: Invocation): Promise<number> {
  const environment = { ...shell.variables.exported(), ...invocation.environment };
  const command = [invocation.name, ...invocation.args].join(' ');
  if (shell.isDisposable) {
    shell.isDisposable = false;
    shell.task.command = command;
    return utility({ ...invocation, shell, task: shell.task, environment });
  }
  const task = shell.container.tasks.start({ command, parent: shell.task });
  const done = runTask(task, invocation, () => utility({ ...invocation, shell, task, environment }));
  return shell.awaitJob([task], done, command);
}

async function runTask(task: Task, { name, io }: Invocation, work: () => Promise<number>): Promise<number> {
  const code = await outcome(task, name, io, work);
  task.end(code);
  return code;
}

async function outcome(
  task: Task,
  name: string,
  io: Descriptors,
  work: () => Promise<number>,
): Promise<number> {
  try {
    const code = await work();
    await task.check();
    return code;
  } catch (error) {
    const killed = task.codeOf(error);
    if (killed !== undefined) return killed;
    if (error instanceof BrokenPipe) return signalCode('PIPE');
    const message = error instanceof Error ? error.message : String(error);
    await io.complain(`${name}: ${message}\n`).catch(() => undefined);
    return error instanceof RedirectionError ? 1 : 2;
  }
}
