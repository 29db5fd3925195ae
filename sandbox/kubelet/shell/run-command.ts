import { Descriptors } from './descriptors.js';
import { runInteractive } from './interactive.js';
import { runShell } from './run-shell.js';
import { Shell } from './shell.js';
import { shellDialect } from './shell-dialect.js';
import type { ShellProcess } from './shell-process.js';
import { runProgram } from './simple-command.js';
import { bytesOf } from './streams.js';
import { programs } from './utilities.js';
import { VariableTable } from './variables.js';

const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** Runs the process's command in memory and answers its exit code. */
export async function runCommand(process: ShellProcess): Promise<number> {
  const { container, request, task, terminal } = process;
  const { instance } = container;
  const { files } = await container.open();
  const [name = 'sh', ...args] = request.command.map(bytesOf);
  const io = new Descriptors()
    .set(0, process.input)
    .set(1, process.output('stdout'))
    .set(2, process.output(terminal ? 'stdout' : 'stderr'));
  const environment: Record<string, string> = {
    PATH,
    HOSTNAME: instance.context.pod.name,
    ...(request.tty && { TERM: 'xterm' }),
    HOME: '/root',
    ...instance.context.environment,
  };
  const shell = new Shell({
    container,
    task,
    files,
    io,
    terminal,
    programs,
    name,
    directory: instance.spec.workingDir ?? '/',
    dialect: shellDialect(container.system, name),
    variables: new VariableTable(
      Object.fromEntries(Object.entries(environment).map(([key, value]) => [bytesOf(key), bytesOf(value)])),
    ),
  });
  const isInteractive = terminal && process.isShell && args.every((arg) => /^(-[il]+|--login)$/.test(arg));
  process.markRunning();
  return shell.runWithin(() => {
    if (isInteractive) return runInteractive(shell, terminal);
    if (process.isShell) return runShell(shell, args);
    shell.isDisposable = true;
    return runProgram(shell, [name, ...args], io, {});
  });
}
