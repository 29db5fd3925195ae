import { ConfigError } from './config.js';
import { DataFolderError } from './data-folder.js';
import { DatabaseNotReadyError } from './database-patience.js';
import type { Logger } from './logger.js';
import { EmbeddedPostgresError } from './postgres/places.js';

/** Something that a process started and must stop. */
export interface Stoppable {
  dispose(): Promise<void>;
}

/** Parts are stopped in the opposite order to which they were added, whatever one of them does. */
export class Disposables implements Stoppable {
  readonly #parts: { name: string; part: Stoppable }[] = [];
  #disposed = false;

  constructor(private readonly logger: Logger) {}

  /** A part that comes while everything is being stopped is stopped at once, and the start goes no further. */
  add<T extends Stoppable>(name: string, part: T): T {
    if (this.#disposed) {
      void this.#stop(name, part);
      throw new Error(`${name} came after the stop`);
    }
    this.#parts.push({ name, part });
    return part;
  }

  async dispose(): Promise<void> {
    this.#disposed = true;
    for (const { name, part } of this.#parts.splice(0).reverse()) await this.#stop(name, part);
  }

  #stop(name: string, part: Stoppable): Promise<void> {
    return part.dispose().catch((error) => this.logger.error({ error, part: name }, 'stopping failed'));
  }
}

/** Why a process could not start, as lines for a person; undefined for what is a fault of ours. */
export function startProblem(error: unknown): string[] | undefined {
  if (error instanceof ConfigError) return [...error.problems];
  const says = [DataFolderError, EmbeddedPostgresError, DatabaseNotReadyError];
  if (error instanceof Error && says.some((kind) => error instanceof kind)) return [error.message];
  const { code, address, port, syscall } = (error ?? {}) as NodeJS.ErrnoException & {
    address?: string;
    port?: number;
  };
  if (syscall === 'listen') {
    const why = code === 'EADDRINUSE' ? 'is in use by another program' : `cannot be listened on (${code})`;
    return [`port ${port} of ${address ?? 'this machine'} ${why}: set MERIDIAN_PORT to another port`];
  }
  if (code === 'ECONNREFUSED' || code === 'ENOTFOUND' || code === '28P01' || code === '3D000') {
    return [`the database of DATABASE_URL cannot be reached: ${(error as Error).message}`];
  }
  return undefined;
}

/**
 * The life of a process: starts, runs until SIGINT or SIGTERM, stops everything and exits 0. A second signal ends
 * it at once. What cannot start exits 1 with one clear line for each problem; so does what crashes.
 */
export async function runProcess(
  logger: Logger,
  start: (parts: Disposables) => Promise<void>,
): Promise<void> {
  const parts = new Disposables(logger);
  const fail = async (error: unknown, message: string): Promise<never> => {
    const problem = startProblem(error);
    if (problem) for (const line of problem) process.stderr.write(`meridian: ${line}\n`);
    else logger.fatal({ error }, message);
    await parts.dispose();
    process.exit(1);
  };
  let stopping = false;
  const stop = (signal: NodeJS.Signals): void => {
    if (stopping) process.exit(1);
    stopping = true;
    logger.info({ signal }, 'stopping');
    void parts.dispose().then(() => process.exit(0));
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  // A state nobody has thought of: report it and let the supervisor start afresh.
  process.on('uncaughtException', (error) => void fail(error, 'uncaught exception'));
  process.on('unhandledRejection', (error) => void fail(error, 'unhandled rejection'));
  try {
    await start(parts);
  } catch (error) {
    if (!stopping) await fail(error, 'start failed');
  }
}
