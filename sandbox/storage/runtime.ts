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
  /**
   * Joins the standard streams of a container's main process. Its exit is that of the container; kill() only leaves.
   * Throws ApiError when the container does not run.
   */
  attach(pod: KubernetesObject, container: string, options: { stdin: boolean }): ExecProcess;
}

export interface LogSource {
  /** Everything that is kept, oldest first. */
  history(): LogEntry[];
  /** Only what is written from now on; `ended` once when the container ends. Returns the unsubscriber. */
  follow(listener: (entry: LogEntry) => void, ended: () => void): () => void;
  /** A reader at its own pace: from a time on (milliseconds since the epoch), and at most the last so many lines. */
  open(options?: { since?: number | undefined; tail?: number | undefined }): LogReader;
  /** Called when a reader may find more, or the container has ended. Returns the unsubscriber. */
  watch(listener: () => void): () => void;
  /** Nothing is written any more. */
  readonly isEnded: boolean;
}

export interface LogReader {
  /** The next entries, as many as there are by now; lines that were rotated away meanwhile are skipped. */
  next(most: number): LogEntry[];
}

export interface LogEntry {
  /** Milliseconds since the epoch; fractions give the nanoseconds of the timestamp. */
  readonly time: number;
  readonly stream: 'stdout' | 'stderr';
  /** Without the line break. */
  readonly text: string;
  /** Where the line is not valid UTF-8: what was written really. */
  readonly bytes?: Uint8Array;
  /** No line break was written: the container ended in the middle of this line. */
  readonly partial?: boolean;
}

export interface ExecProcess {
  /** Resolves when there is room for more. */
  write(bytes: Uint8Array): Promise<void>;
  endInput(): void;
  resize(columns: number, rows: number): void;
  kill(): void;
  /** Until resume() the process waits where it writes: what it has written is not read. */
  pause(): void;
  resume(): void;
  onOutput(listener: (stream: 'stdout' | 'stderr', bytes: Uint8Array) => void): void;
  /** Called once, after the last output. `error` is for a command that could not be started. */
  onExit(listener: (exit: { code: number } | { error: string }) => void): void;
}

/** What one container used on average over the last window. */
export interface ContainerUsage {
  readonly name: string;
  readonly cpuNanocores: number;
  readonly memoryBytes: number;
}

export interface NodeMeasure {
  readonly cpuNanocores: number;
  readonly memoryBytes: number;
}

/** What metrics.k8s.io is served from, and what HorizontalPodAutoscalers go by. */
export interface UsageSource {
  /** Its running containers; none for a pod that does not run. */
  ofPod(pod: KubernetesObject): readonly ContainerUsage[];
  /** All pods of the node and the system itself. */
  ofNode(node: string): NodeMeasure;
}
