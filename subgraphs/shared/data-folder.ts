import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { access, constants, mkdir, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The data folder can't be used; the message says why, for a person. */
export class DataFolderError extends Error {
  override readonly name = 'DataFolderError';
}

export interface DataFolder {
  readonly path: string;
  /** base64 of 32 random bytes, made at the first start. */
  secretKey(): Promise<string>;
  /** Lets another Meridian use the folder. */
  release(): Promise<void>;
}

/** Makes the folder when it isn't there, checks that it can be written, and takes it for this process alone. */
export async function openDataFolder(path: string): Promise<DataFolder> {
  const folder = await prepare(path);
  const lockFile = join(folder, 'meridian.pid');
  await takeLock(lockFile, folder);
  // Whatever way the process ends; dispose order matters only for a graceful end.
  return {
    path: folder,
    secretKey: () => readOrCreate(join(folder, 'secret-key'), () => randomBytes(32).toString('base64')),
    release: () => rm(lockFile, { force: true }),
  };
}

async function prepare(path: string): Promise<string> {
  try {
    await mkdir(path, { recursive: true });
    await access(path, constants.R_OK | constants.W_OK | constants.X_OK);
    return await realpath(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new DataFolderError(
      `the data folder ${path} cannot be written (${code}): set MERIDIAN_DATA to a folder that this user may write`,
    );
  }
}

async function takeLock(lockFile: string, folder: string): Promise<void> {
  try {
    await writeFile(lockFile, String(process.pid), { flag: 'wx' });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'EEXIST') {
      throw new DataFolderError(
        `the data folder ${folder} cannot be written (${code}): set MERIDIAN_DATA to a folder that this user may write`,
      );
    }
    const holder = Number(await readFile(lockFile, 'utf8').catch(() => ''));
    if (holder !== process.pid && isMeridian(holder)) {
      throw new DataFolderError(
        `the data folder ${folder} is in use by another Meridian (process ${holder}): stop it, or set MERIDIAN_DATA to another folder`,
      );
    }
    // Left behind by a process that was killed.
    await writeFile(lockFile, String(process.pid));
  }
}

/** Process numbers are reused, so the process must also look like one of ours where the system tells. */
function isMeridian(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 1) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('node');
  } catch {
    return true;
  }
}

async function readOrCreate(file: string, create: () => string): Promise<string> {
  const known = await readFile(file, 'utf8').catch(() => undefined);
  if (known) return known.trim();
  const made = create();
  await writeFile(file, `${made}\n`, { mode: 0o600 });
  return made;
}
