import type { MeridianError } from '../errors.js';
import type { KubernetesConnection } from './connection.js';
export interface ExecOutput {
  readonly stream: 'STDOUT' | 'STDERR';
  readonly bytes: Uint8Array;
}
export interface ExecEnd {
  /** Null when the process's end was not reported. */
  readonly exitCode: number | null;
  /** For a person: "exited", "the command was not found", "closed by Meridian". */
  readonly reason: string;
  /** What went wrong, when it did not end by itself. */
  readonly error: MeridianError | null;
}
export interface OpenExecOptions {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
  readonly command: readonly string[];
  readonly tty: boolean;
  readonly stdin: boolean;
  readonly columns?: number;
  readonly rows?: number;
  /** Called in order. Output waits in the cluster while the socket is paused. */
  readonly onOutput: (output: ExecOutput) => void;
  readonly signal?: AbortSignal;
}
export interface ExecSocket {
  /** Never rejects. */
  readonly ended: Promise<ExecEnd>;
  pause(): void;
  resume(): void;
  /** Resolves when there is room for more. Reject with TooLargeError when more than 1 MiB waits already. */
  write(bytes: Uint8Array): Promise<void>;
  /** BadUserInputError unless both are whole numbers from 1 to 1,000. */
  resize(columns: number, rows: number): void;
  /** End of input (v5 only; false when the cluster can't be told). */
  closeInput(): boolean;
  /** Interrupts and ends the process as far as the cluster allows, then closes. */
  close(): Promise<ExecEnd>;
}
/** Rejects with a MeridianError when the cluster refuses. */
export function openExec(_connection: KubernetesConnection, _options: OpenExecOptions): Promise<ExecSocket> {
  throw new Error('being written');
}
