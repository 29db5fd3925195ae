import { spawn } from 'node:child_process';
import { chown, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { type Account, EmbeddedPostgresError, type Places } from './places.js';

/** initdb into a folder beside, renamed when complete: an interrupted first start leaves nothing half-made. */
export async function initialize(
  places: Places,
  account: Account | undefined,
  password: string,
): Promise<void> {
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
export const serverEnvironment = (): NodeJS.ProcessEnv => ({ PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' });
