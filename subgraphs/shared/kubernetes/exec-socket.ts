import { BadUserInputError } from '../errors.js';
import type { KubernetesConnection } from './connection.js';
import { toContainerError } from './container-errors.js';
import { execProtocols } from './exec-frames.js';
import { ExecSocket, type OpenExecOptions, requireSize } from './exec-process.js';
import { requireContainer, requireName, requireNamespace } from './names.js';
import { objectPath, resources } from './resources.js';

export type { ExecEnd, ExecOutput, ExecSocket, OpenExecOptions } from './exec-process.js';

const mostArguments = 256;
const longestCommand = 64 * 1024;

/** Starts a process in a container. Rejects with a MeridianError when the cluster refuses. */
export async function openExec(
  connection: KubernetesConnection,
  options: OpenExecOptions,
): Promise<ExecSocket> {
  return open(connection, 'exec', { command: requireCommand(options.command) }, options);
}

/** Takes over input and output of a container's own process, which must have been started with a terminal or input. */
export function openAttach(
  connection: KubernetesConnection,
  options: Omit<OpenExecOptions, 'command'>,
): Promise<ExecSocket> {
  return open(connection, 'attach', {}, { ...options, command: [] });
}

async function open(
  connection: KubernetesConnection,
  subresource: 'exec' | 'attach',
  what: { command?: readonly string[] },
  options: OpenExecOptions,
): Promise<ExecSocket> {
  const path = objectPath(
    resources.pods,
    {
      namespace: requireNamespace(options.namespace),
      name: requireName(options.pod, ['pod'], 'pod'),
    },
    subresource,
  );
  const query = {
    container: requireContainer(options.container),
    ...what,
    stdin: options.stdin,
    stdout: true,
    // A terminal has one output.
    stderr: !options.tty,
    tty: options.tty,
  };
  const size =
    options.columns !== undefined && options.rows !== undefined
      ? requireSize(options.columns, options.rows)
      : undefined;
  const exec = await connection.upgrade(
    {
      path,
      query,
      protocols: execProtocols,
      signal: options.signal,
      explain: (error, text) => toContainerError(error, options, text) as Error,
    },
    (socket) => new ExecSocket(socket, connection, options),
  );
  if (size && options.tty) exec.resize(size.columns, size.rows);
  return exec;
}

function requireCommand(command: readonly string[]): readonly string[] {
  const problem =
    command.length === 0 || command[0] === ''
      ? 'is empty: name a program.'
      : command.length > mostArguments
        ? `has more than ${mostArguments} arguments.`
        : command.reduce((sum, argument) => sum + argument.length, 0) > longestCommand
          ? `is longer than ${longestCommand / 1024} KiB.`
          : command.some((argument) => argument.includes('\0'))
            ? 'contains a NUL character.'
            : undefined;
  if (problem) throw BadUserInputError.at(['command'], `The command ${problem}`);
  return command;
}
