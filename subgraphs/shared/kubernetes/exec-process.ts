import { WebSocket } from 'ws';
import {
  BadUserInputError,
  ClusterRejectedError,
  ClusterUnavailableError,
  type MeridianError,
  TimeoutError,
  TooLargeError,
} from '../errors.js';
import type { KubernetesConnection } from './connection.js';
import type { ContainerReference } from './container-errors.js';
import { closeStdinFrame, execProtocols, parseExecFrame, resizeFrame, stdinFrame } from './exec-frames.js';
import { pause } from './pause.js';

export interface ExecOutput {
  readonly stream: 'STDOUT' | 'STDERR';
  readonly bytes: Uint8Array;
}

export interface ExecEnd {
  /** Null when the end of the process was not reported: it may still run. */
  readonly exitCode: number | null;
  /** For a person. */
  readonly reason: string;
  /** What went wrong, when the process did not end by itself. */
  readonly error: MeridianError | null;
}

export interface OpenExecOptions extends ContainerReference {
  readonly namespace: string;
  readonly command: readonly string[];
  readonly tty: boolean;
  readonly stdin: boolean;
  readonly columns?: number | undefined;
  readonly rows?: number | undefined;
  /** Called in order. While the socket is paused, output waits in the cluster. */
  readonly onOutput: (output: ExecOutput) => void;
  /** Closes the session when it aborts. */
  readonly signal?: AbortSignal | undefined;
  readonly pingMs?: number;
}

const stdinPiece = 32 * 1024;
const mostWaiting = 1024 * 1024;
const resizeEveryMs = 50;
const endGraceMs = 1_000;
const mostSilentPings = 2;
const interrupt = Uint8Array.of(0x03);
const endOfInput = Uint8Array.of(0x04);
/** A shell needs a moment to come back to its prompt. */
const endAfterInterruptMs = 100;

/** A process in a container: its input, output and end. */
export class ExecSocket {
  /** Never rejects. */
  readonly ended: Promise<ExecEnd>;
  readonly #socket: WebSocket;
  readonly #connection: KubernetesConnection;
  readonly #options: OpenExecOptions;
  readonly #ping: NodeJS.Timeout;
  #finish: (end: ExecEnd) => void = () => undefined;
  #end: ExecEnd | undefined;
  #silentPings = 0;
  #waiting = 0;
  #writing: Promise<void> = Promise.resolve();
  #resizeTimer: NodeJS.Timeout | undefined;
  #size: { columns: number; rows: number } | undefined;

  /** @internal Use `openExec`. */
  constructor(socket: WebSocket, connection: KubernetesConnection, options: OpenExecOptions) {
    this.#socket = socket;
    this.#connection = connection;
    this.#options = options;
    this.ended = new Promise((resolve) => {
      this.#finish = resolve;
    });
    this.#ping = setInterval(() => this.#checkAlive(), options.pingMs ?? 15_000);
    socket.on('message', (data, isBinary) => this.#receive(data as Buffer, isBinary));
    socket.on('pong', () => {
      this.#silentPings = 0;
    });
    socket.on('error', (error) => this.#fail(this.#unavailable('broke the session', error)));
    socket.on('close', () => this.#closed());
    const cut = () => this.#fail(connection.closed.reason as MeridianError);
    const leave = () => void this.close();
    connection.closed.addEventListener('abort', cut, { once: true });
    options.signal?.addEventListener('abort', leave, { once: true });
    void this.ended.then(() => {
      connection.closed.removeEventListener('abort', cut);
      options.signal?.removeEventListener('abort', leave);
    });
  }

  /** Of the channels, as agreed with the cluster. */
  get protocol(): string {
    return this.#socket.protocol;
  }

  /** `v4.channel.k8s.io` can't be told that input has ended. */
  get canCloseInput(): boolean {
    return this.protocol === execProtocols[0];
  }

  /** Stops taking output from the cluster, which holds the process back. */
  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#silentPings = 0;
    this.#socket.resume();
  }

  /**
   * Resolves when the bytes were handed to the network, so that awaiting it holds the writer back. Rejects with
   * TooLargeError when more than 1 MiB would wait, and with BadUserInputError when the process has no input or ended.
   */
  async write(bytes: Uint8Array): Promise<void> {
    if (!this.#options.stdin) throw BadUserInputError.at(['input'], 'This session was opened without input.');
    if (this.#end) throw BadUserInputError.at(['input'], `This session has ended: ${this.#end.reason}.`);
    if (this.#waiting + bytes.byteLength > mostWaiting) {
      throw new TooLargeError('More than 1 MiB of input waits for the container: send less, or wait.', [
        'input',
      ]);
    }
    // Input typed after a resize finds the new size.
    if (this.#resizeTimer) this.#sendSize();
    this.#waiting += bytes.byteLength;
    const written = this.#writing.then(() => this.#sendInput(bytes));
    this.#writing = written;
    try {
      await written;
    } finally {
      this.#waiting -= bytes.byteLength;
    }
  }

  /** BadUserInputError unless both are whole numbers from 1 to 65,535. Of many sizes in a row the last one counts. */
  resize(columns: number, rows: number): void {
    this.#size = requireSize(columns, rows);
    this.#resizeTimer ??= setTimeout(() => this.#sendSize(), resizeEveryMs);
  }

  #sendSize(): void {
    clearTimeout(this.#resizeTimer);
    this.#resizeTimer = undefined;
    if (this.#size) this.#send(resizeFrame(this.#size.columns, this.#size.rows));
  }

  /** Says that no more input comes. False when the cluster can't be told (v4). */
  closeInput(): boolean {
    if (!this.canCloseInput) return false;
    void this.#writing.then(() => this.#send(closeStdinFrame));
    return true;
  }

  /**
   * Asks the process to end as far as the cluster allows (^C ^D on a terminal, end of input), gives it a second to say
   * how it ended, and closes. An `exitCode` of null means that it may still run.
   */
  async close(): Promise<ExecEnd> {
    if (this.#end) return this.ended;
    this.#socket.resume();
    const grace = setTimeout(() => {
      this.#settle({ exitCode: null, reason: 'closed by Meridian', error: null });
      this.#socket.close(1000);
      this.#terminateSoon();
    }, endGraceMs);
    if (this.#options.stdin) {
      if (this.#options.tty) {
        this.#send(stdinFrame(interrupt));
        await pause(endAfterInterruptMs);
        this.#send(stdinFrame(endOfInput));
      }
      if (this.canCloseInput) this.#send(closeStdinFrame);
    }
    const end = await this.ended;
    clearTimeout(grace);
    return end;
  }

  #receive(data: Buffer, isBinary: boolean): void {
    this.#silentPings = 0;
    if (this.#end) return;
    const frame = parseExecFrame(data, isBinary);
    switch (frame.kind) {
      case 'OUTPUT':
        if (frame.bytes.byteLength === 0) return;
        try {
          this.#options.onOutput({ stream: frame.stream, bytes: frame.bytes });
        } catch {
          void this.close();
        }
        return;
      case 'STATUS':
        this.#settle(
          frame.exitCode === null
            ? this.#refused(frame.message)
            : { exitCode: frame.exitCode, reason: `exited with code ${frame.exitCode}`, error: null },
        );
        this.#terminateSoon();
        return;
      case 'INVALID':
        this.#fail(this.#unavailable(`sent ${frame.why} in an exec session`));
    }
  }

  #refused(message: string): ExecEnd {
    const [command = ''] = this.#options.command;
    const reason = /executable file not found|no such file or directory/.test(message)
      ? `${JSON.stringify(command)} was not found in the container`
      : /permission denied/.test(message)
        ? `${JSON.stringify(command)} may not be run in the container`
        : 'the container runtime could not run the command';
    return {
      exitCode: null,
      reason,
      error: new ClusterRejectedError(this.#connection.clusterId, `The command was not run: ${reason}.`, [
        'command',
      ]),
    };
  }

  async #sendInput(bytes: Uint8Array): Promise<void> {
    for (let start = 0; start < bytes.byteLength; start += stdinPiece) {
      if (this.#socket.readyState !== WebSocket.OPEN) return;
      await new Promise<void>((resolve) => {
        // An error here comes as the socket's as well.
        this.#socket.send(stdinFrame(bytes.subarray(start, start + stdinPiece)), () => resolve());
      });
    }
  }

  #send(data: Uint8Array): void {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(data);
  }

  #checkAlive(): void {
    // Pongs are not read while paused.
    if (this.#socket.isPaused) return;
    if (this.#silentPings >= mostSilentPings) {
      this.#fail(
        new TimeoutError(`Cluster ${JSON.stringify(this.#connection.clusterName)} fell silent.`, {
          clusterId: this.#connection.clusterId,
        }),
      );
      return;
    }
    this.#silentPings++;
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.ping();
  }

  #closed(): void {
    clearInterval(this.#ping);
    clearTimeout(this.#resizeTimer);
    this.#settle({
      exitCode: null,
      reason: 'the connection to the cluster broke',
      error: this.#unavailable('broke the session'),
    });
  }

  #fail(error: MeridianError): void {
    this.#settle({ exitCode: null, reason: error.message, error });
    this.#socket.terminate();
  }

  #settle(end: ExecEnd): void {
    if (this.#end) return;
    this.#end = end;
    this.#finish(end);
  }

  /** The server closes after the status; one that doesn't is not waited for. */
  #terminateSoon(): void {
    const timer = setTimeout(() => this.#socket.terminate(), endGraceMs);
    this.#socket.once('close', () => clearTimeout(timer));
  }

  #unavailable(what: string, cause?: unknown): MeridianError {
    const { clusterId, clusterName } = this.#connection;
    return new ClusterUnavailableError(clusterId, `Cluster ${JSON.stringify(clusterName)} ${what}.`, cause);
  }
}

/** Throws BadUserInputError at `columns` or `rows`. */
export function requireSize(columns: number, rows: number): { columns: number; rows: number } {
  for (const [field, value] of Object.entries({ columns, rows })) {
    if (!Number.isInteger(value) || value < 1 || value > 65_535) {
      throw BadUserInputError.at([field], `${field} is ${value}: give a whole number from 1 to 65535.`);
    }
  }
  return { columns, rows };
}
