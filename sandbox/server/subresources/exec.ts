import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type RawData, type WebSocket, WebSocketServer } from 'ws';
import { ApiError, type KubernetesObject } from '../../storage/api.js';
import { badRequest } from '../../storage/api-errors.js';
import type { ContainerRuntime, ExecProcess } from '../../storage/runtime.js';
import { readBoolean } from '../query-options.js';
import { chooseContainer, containerStatus } from './container-choice.js';
import { Channel, chooseProtocol, exitMessage, frame, type Protocol, unframe } from './exec-protocol.js';

/** A process waits while so much of its output is unsent, until little is left. */
const PAUSE_BYTES = 1024 * 1024;
const RESUME_BYTES = 256 * 1024;
const LIMIT_BYTES = 16 * 1024 * 1024;
const MESSAGE_BYTES = 16 * 1024 * 1024;

/** A refusal that the kubelet answers as plain text instead of a Status. */
export class PlainRefusal extends Error {
  constructor(
    readonly code: number,
    message: string,
  ) {
    super(message);
  }
}

export interface RemoteCommand {
  readonly pod: KubernetesObject;
  readonly container: string;
  readonly kind: 'exec' | 'attach';
  readonly command: readonly string[];
  readonly streams: {
    readonly stdin: boolean;
    readonly stdout: boolean;
    readonly stderr: boolean;
    readonly tty: boolean;
  };
}

/** Reads and checks a request for exec or attach. Throws ApiError or PlainRefusal. */
export const readRemoteCommand = (
  kind: 'exec' | 'attach',
  pod: KubernetesObject,
  query: URLSearchParams,
): RemoteCommand => {
  const flag = (name: string): boolean => readBoolean(query.get(name)) ?? false;
  const streams = { stdin: flag('stdin'), stdout: flag('stdout'), stderr: flag('stderr'), tty: flag('tty') };
  const container = chooseContainer(pod, query.get('container'));
  if (!pod['spec'].nodeName) throw badRequest(`pod ${pod.metadata.name} does not have a host assigned`);
  if (!streams.stdin && !streams.stdout && !streams.stderr)
    throw new PlainRefusal(400, 'you must specify at least 1 of stdin, stdout, stderr');
  if (!containerStatus(pod, container)?.state?.running)
    throw new PlainRefusal(500, `container not found ("${container}")`);
  return { pod, container, kind, command: query.getAll('command'), streams };
};

/** Speaks the channel protocols of remote commands over WebSocket. */
export class RemoteCommands {
  private readonly sockets = new WebSocketServer({
    noServer: true,
    handleProtocols: (offered) => chooseProtocol(offered) ?? false,
    maxPayload: MESSAGE_BYTES,
  });

  /** Undefined when the client offers only protocols that are not served. */
  protocolOf(request: IncomingMessage): Protocol | undefined {
    const header = request.headers['sec-websocket-protocol'];
    if (header === undefined) return 'channel.k8s.io';
    return chooseProtocol(new Set(header.split(',').map((each) => each.trim())));
  }

  accept(
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    protocol: Protocol,
    remote: RemoteCommand,
    runtime: ContainerRuntime | undefined,
  ): void {
    this.sockets.handleUpgrade(request, socket, head, (connection) => {
      connection.on('error', () => connection.terminate());
      new Session(connection, protocol, remote).run(runtime);
    });
  }

  dispose(): void {
    for (const client of this.sockets.clients) client.terminate();
    this.sockets.close();
  }
}

/** One connection to one process, in both directions at the pace of the slower side. */
class Session {
  private process: ExecProcess | undefined;
  private isPaused = false;

  constructor(
    private readonly connection: WebSocket,
    private readonly protocol: Protocol,
    private readonly remote: RemoteCommand,
  ) {}

  run(runtime: ContainerRuntime | undefined): void {
    this.send(Channel.stdout, new Uint8Array());
    const { streams } = this.remote;
    try {
      this.process = this.open(runtime);
    } catch (error) {
      this.end({ error: error instanceof Error ? error.message : String(error) });
      return;
    }
    this.process.onOutput((stream, bytes) => {
      const isError = stream === 'stderr' && !streams.tty;
      if (isError ? streams.stderr : streams.stdout)
        this.send(isError ? Channel.stderr : Channel.stdout, bytes);
    });
    this.process.onExit((exit) => this.end(exit));
    this.connection.on('message', (message) => this.receive(message));
    this.connection.once('close', () => {
      this.process?.resume();
      this.process?.kill();
    });
  }

  private open(runtime: ContainerRuntime | undefined): ExecProcess {
    const { pod, container, kind, command, streams } = this.remote;
    if (!runtime) throw new ApiError(500, 'InternalError', 'no kubelet is running in this sandbox');
    if (kind === 'attach') return runtime.attach(pod, container, { stdin: streams.stdin });
    return runtime.exec(pod, container, { command: [...command], tty: streams.tty, stdin: streams.stdin });
  }

  private receive(message: RawData): void {
    const frameRead = unframe(
      this.protocol,
      Buffer.isBuffer(message) ? message : Buffer.concat([message].flat() as Buffer[]),
    );
    if (!frameRead) return;
    const { channel, bytes } = frameRead;
    if (channel === Channel.stdin && this.remote.streams.stdin) this.write(bytes);
    else if (channel === Channel.resize) this.resize(bytes);
    else if (channel === Channel.close && this.protocol.startsWith('v5') && bytes[0] === Channel.stdin)
      this.process?.endInput();
  }

  /** Nothing more is taken from the client while the process has no room for it. */
  private write(bytes: Buffer): void {
    let isTaken = false;
    void this.process?.write(bytes).then(() => {
      isTaken = true;
      this.connection.resume();
    });
    queueMicrotask(() =>
      queueMicrotask(() => {
        if (!isTaken) this.connection.pause();
      }),
    );
  }

  private resize(bytes: Buffer): void {
    let size: { Width?: unknown; Height?: unknown };
    try {
      size = JSON.parse(bytes.toString());
    } catch {
      return;
    }
    const { Width: width, Height: height } = size ?? {};
    if (Number.isInteger(width) && Number.isInteger(height))
      this.process?.resize(width as number, height as number);
  }

  private end(exit: { code: number } | { error: string }): void {
    const message = exitMessage(this.protocol, this.remote.command, exit);
    if (message) this.send(Channel.error, Buffer.from(message));
    this.connection.close(1000);
  }

  private send(channel: number, bytes: Uint8Array): void {
    const { connection } = this;
    if (connection.readyState !== connection.OPEN) return;
    for (const piece of frame(this.protocol, channel, bytes)) connection.send(piece, () => this.relax());
    if (connection.bufferedAmount > PAUSE_BYTES && !this.isPaused) {
      this.isPaused = true;
      this.process?.pause();
    }
    // What does not wait, such as the log of a program, must not fill the memory.
    if (connection.bufferedAmount > LIMIT_BYTES) connection.terminate();
  }

  /** The client has caught up. */
  private relax(): void {
    if (!this.isPaused || this.connection.bufferedAmount > RESUME_BYTES) return;
    this.isPaused = false;
    this.process?.resume();
  }
}
