import type { KubernetesObject } from './api.js';

/**
 * What the simulated kubelet gives the server for `log`, `exec` and `attach`. The server does the framing (query
 * parameters, WebSocket channels, Status messages); this side only knows containers.
 */
export interface ContainerRuntime {
  /** A container's current or previous instance; undefined when there is no such instance. */
  log(pod: KubernetesObject, container: string, options: { previous: boolean }): LogSource | undefined;
  /** Starts a command in the in-memory container; never a host process. Throws ApiError when it cannot. */
  exec(
    pod: KubernetesObject,
    container: string,
    options: { command: string[]; tty: boolean; stdin: boolean },
  ): ExecProcess;
}

export interface LogSource {
  history(): LogEntry[];
  /** Only what is written from now on; `ended` once when the container ends. Returns the unsubscriber. */
  follow(listener: (entry: LogEntry) => void, ended: () => void): () => void;
}

export interface LogEntry {
  /** Milliseconds since the epoch; fractions give the nanoseconds of the timestamp. */
  readonly time: number;
  readonly stream: 'stdout' | 'stderr';
  /** Without the line break. */
  readonly text: string;
  /** No line break was written: the container ended in the middle of this line. */
  readonly partial?: boolean;
}

export interface ExecProcess {
  write(bytes: Uint8Array): void;
  endInput(): void;
  resize(columns: number, rows: number): void;
  kill(): void;
  onOutput(listener: (stream: 'stdout' | 'stderr', bytes: Uint8Array) => void): void;
  /** Called once, after the last output. `error` is for a command that could not be started. */
  onExit(listener: (exit: { code: number } | { error: string }) => void): void;
}
