import type { IncomingMessage } from 'node:http';
import type { WebSocket } from 'ws';
import { BadUserInputError } from '../errors.js';
import type { Permit } from './circuit-breaker.js';
import type { KubernetesConnection } from './connection.js';
import { toContainerError } from './container-errors.js';
import { parseStatus, toMeridianError } from './errors.js';
import { execProtocols } from './exec-frames.js';
import { ExecSocket, type OpenExecOptions, requireSize } from './exec-process.js';
import { requireContainer, requireName, requireNamespace } from './names.js';
import { objectPath, resources } from './resources.js';
import { toTransportError } from './transport-errors.js';

export type { ExecEnd, ExecOutput, ExecSocket, OpenExecOptions } from './exec-process.js';

const mostArguments = 256;
const longestCommand = 64 * 1024;

/** Starts a process in a container. Rejects with a MeridianError when the cluster refuses. */
export async function openExec(
  connection: KubernetesConnection,
  options: OpenExecOptions,
): Promise<ExecSocket> {
  const path = objectPath(
    resources.pods,
    {
      namespace: requireNamespace(options.namespace),
      name: requireName(options.pod, ['pod'], 'pod'),
    },
    'exec',
  );
  const query = {
    container: requireContainer(options.container),
    command: requireCommand(options.command),
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
  options.signal?.throwIfAborted();

  const { socket, permit } = connection.upgrade(path, query, execProtocols);
  const exec = new ExecSocket(socket, connection, options);
  await opened(socket, permit, connection, options);
  if (size && options.tty) exec.resize(size.columns, size.rows);
  return exec;
}

/** Resolves when the WebSocket is open; reports the outcome to the circuit breaker, once. */
function opened(
  socket: WebSocket,
  permit: Permit,
  connection: KubernetesConnection,
  options: OpenExecOptions,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const leave = () => {
      if (!settle(permit.abandoned)) return;
      reject((options.signal?.aborted ? options.signal.reason : connection.closed.reason) as Error);
      socket.terminate();
    };
    let settled = false;
    const settle = (report: () => void): boolean => {
      if (settled) return false;
      settled = true;
      options.signal?.removeEventListener('abort', leave);
      connection.closed.removeEventListener('abort', leave);
      report();
      return true;
    };
    options.signal?.addEventListener('abort', leave, { once: true });
    connection.closed.addEventListener('abort', leave, { once: true });
    socket.once('open', () => {
      if (settle(permit.answered)) resolve();
    });
    socket.once('error', (error) => {
      if (settle(() => permit.failed(false))) reject(toTransportError(error, connection));
    });
    // Redirects come here as well: they are not followed.
    socket.once('unexpected-response', (request, response) => {
      settle(permit.answered);
      void readText(response).then((text) => {
        const status = parseStatus(response.statusCode ?? 500, text, response.headers['retry-after']);
        reject(toContainerError(toMeridianError(status, connection), options, text) as Error);
        request.destroy();
        socket.terminate();
      });
    });
  });
}

async function readText(response: IncomingMessage): Promise<string> {
  let text = '';
  try {
    for await (const chunk of response) {
      text += String(chunk);
      if (text.length > 64 * 1024) break;
    }
  } catch {
    // What came is enough to tell why.
  }
  return text;
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
