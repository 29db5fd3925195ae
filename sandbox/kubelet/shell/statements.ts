import { tellErrors } from './command-errors.js';
import { runCompound } from './compound.js';
import { ExitShell } from './control.js';
import type { Descriptors } from './descriptors.js';
import { redirect } from './redirections.js';
import type { Shell } from './shell.js';
import { runSimple } from './simple-command.js';
import { Pipe, TextInput } from './streams.js';
import type { Task } from './task.js';

/** Runs statements one after the other and gives the last exit code. */
export async function runStatements(
  shell: Shell,
  statements: readonly any[],
  io: Descriptors,
): Promise<number> {
  for (const statement of statements) {
    await shell.checkpoint();
    if (statement.background) shell.lastCode = await runInBackground(shell, statement, io);
    else await runList(shell, statement, io);
  }
  await shell.checkpoint();
  return shell.lastCode;
}

/** `a && b || c` */
async function runList(shell: Shell, { pipelines, operators }: any, io: Descriptors): Promise<void> {
  for (const [index, pipeline] of pipelines.entries()) {
    const operator = operators[index - 1];
    if (operator === '&&' && shell.lastCode !== 0) continue;
    if (operator === '||' && shell.lastCode === 0) continue;
    const isCondition = index < pipelines.length - 1 || pipeline.negated;
    if (isCondition) shell.conditions += 1;
    try {
      shell.lastCode = await runPipeline(shell, pipeline, io);
    } finally {
      if (isCondition) shell.conditions -= 1;
    }
    if (shell.lastCode !== 0 && !isCondition && shell.conditions === 0 && shell.options.has('e'))
      throw new ExitShell(shell.lastCode);
  }
}

async function runPipeline(shell: Shell, pipeline: any, io: Descriptors): Promise<number> {
  const startedAt = shell.container.now();
  const code =
    pipeline.commands.length === 1
      ? await runCommand(shell, pipeline.commands[0], io)
      : await runPipe(shell, pipeline, io);
  if (pipeline.timed) {
    const seconds = (shell.container.now() - startedAt) / 1000;
    const time = `${Math.floor(seconds / 60)}m${(seconds % 60).toFixed(3)}s`;
    await io.complain(`\nreal\t${time}\nuser\t0m0.001s\nsys\t0m0.001s\n`);
  }
  return pipeline.negated ? Number(code === 0) : code;
}

/** Every command in a process of its own, all at the same time. */
async function runPipe(shell: Shell, { commands, pipeStderr = [] }: any, io: Descriptors): Promise<number> {
  const tasks: Task[] = [];
  const ends: Promise<number>[] = [];
  let source: Pipe | undefined;
  for (const [index, command] of commands.entries()) {
    const input = source;
    const output = index < commands.length - 1 ? new Pipe() : undefined;
    const child = shell.fork(describe(command));
    child.io = io.copy();
    if (input) child.io.set(0, input);
    if (output) child.io.set(1, output.writer);
    if (output && pipeStderr[index]) child.io.set(2, output.writer);
    child.isDisposable = command.type === 'SimpleCommand';
    tasks.push(child.task);
    ends.push(
      child
        .runToEnd(() => runCommand(child, command, child.io))
        .finally(() => {
          input?.close();
          output?.writer.close();
        }),
    );
    source = output;
  }
  const done = Promise.all(ends).then((codes) => {
    if (!shell.options.has('pipefail')) return codes.at(-1) ?? 0;
    return codes.findLast((code) => code !== 0) ?? 0;
  });
  return shell.awaitJob(tasks, done, commands.map(describe).join(' | '));
}

async function runInBackground(shell: Shell, statement: any, io: Descriptors): Promise<number> {
  const command = (statement.sourceText ?? '').replace(/\s*&\s*$/, '');
  const child = shell.fork(command);
  child.io = io.copy();
  if (!shell.isInteractive) child.io.set(0, new TextInput(''));
  else child.isBackground = true;
  const { background: _, ...foreground } = statement;
  child.isDisposable = isOneCommand(statement);
  void child.runToEnd(async () => {
    await runList(child, foreground, child.io);
    return child.lastCode;
  });
  shell.lastBackground = child.task.pid;
  const job = shell.jobs.add([child.task], command, 'Running');
  if (shell.isInteractive) await io.complain(`[${job.id}] ${child.task.pid}\n`);
  return 0;
}

export async function runCommand(shell: Shell, command: any, io: Descriptors): Promise<number> {
  if (command.type === 'SimpleCommand') return runSimple(shell, command, io);
  if (command.type === 'FunctionDef') {
    shell.functions.set(command.name, command);
    return 0;
  }
  return tellErrors(shell, io, async () => {
    const inner = await redirect(shell, command.redirections, io);
    return runCompound(shell, command, inner);
  });
}

/** As `ps` and `jobs` show a command before its words are known. */
function describe(command: any): string {
  if (command.type !== 'SimpleCommand') return command.type.toLowerCase();
  return [command.name, ...command.args]
    .map((word) => (word?.parts ?? []).map((part: any) => part.value ?? part.pattern ?? '…').join(''))
    .join(' ');
}

const isOneCommand = ({ pipelines }: any): boolean =>
  pipelines.length === 1 &&
  pipelines[0].commands.length === 1 &&
  pipelines[0].commands[0].type === 'SimpleCommand';
