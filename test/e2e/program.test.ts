import { chmod, mkdtemp, readFile, readlink, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { GraphqlClient } from '../kit/graphql-client.js';
import { Program } from '../kit/program.js';
import { eventually } from '../kit/wait.js';

/** `npm start` as a program: what it prints, how it ends, and that a second start finds what the first one kept. */
describe('the program', () => {
  let folder: string;
  const programs: Program[] = [];

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'meridian-program-'));
    // From root PostgreSQL runs as nobody, who must reach the data in it.
    await chmod(folder, 0o711);
  });
  afterEach(async () => {
    for (const program of programs.splice(0)) await program.dispose();
    await stopServerOf(folder);
    await rm(folder, { recursive: true, force: true });
  });

  async function start(env: Record<string, string> = {}): Promise<Program> {
    const program = await Program.start('main.js', {
      MERIDIAN_DATA: join(folder, 'data'),
      MERIDIAN_PORT: '0',
      MERIDIAN_SANDBOX: '1',
      MERIDIAN_SANDBOX_PACE: '0.1',
      ...env,
    });
    programs.push(program);
    return program;
  }
  const urlOf = async (program: Program): Promise<string> =>
    (await program.printed(/API\s+(http:\/\/\S+\/graphql)/))[1] as string;
  const signIn = async (url: string, password: string): Promise<GraphqlClient> => {
    const { token } = await new GraphqlClient(url, null).mutate(
      'mutation ($input: SignInInput!) { signIn(input: $input) { token userErrors { message } } }',
      { input: { login: 'admin', password } },
    );
    return new GraphqlClient(url, token);
  };

  it('prints where to look and how to sign in, and a second start finds the data', async () => {
    const first = await start();
    const url = await urlOf(first);
    const [, password] = await first.printed(/Sign in as\s+admin, password (\S+)/);
    expect(await (await fetch(new URL('/livez', url))).text()).toContain('ok');
    expect((await fetch(new URL('/readyz', url))).status).toBe(200);
    const admin = await signIn(url, password as string);
    await admin.mutate(
      'mutation { createProject(input: { name: "kept" }) { project { id } userErrors { message } } }',
    );
    expect(await first.stop('SIGINT')).toBe(0);
    await expectNoServerOf(folder);

    const second = await start();
    const again = await signIn(await urlOf(second), password as string);
    expect(second.output).not.toContain('shown only this once');
    expect(await again.query('{ project(name: "kept") { name } }')).toEqual({ project: { name: 'kept' } });
    expect(await second.stop('SIGTERM')).toBe(0);
  });

  it('takes the first administrator’s password from the environment', async () => {
    const program = await start({ MERIDIAN_ADMIN_PASSWORD: 'short' });
    const admin = await signIn(await urlOf(program), 'short');
    expect((await admin.query('{ viewer { user { login } } }')).viewer.user.login).toBe('admin');
    expect(program.output).toContain('admin with your password');
  });

  it('recovers by itself from SIGKILL, with every acknowledged write', async () => {
    const first = await start({ MERIDIAN_ADMIN_PASSWORD: 'given-by-the-operator' });
    const admin = await signIn(await urlOf(first), 'given-by-the-operator');
    await admin.mutate(
      'mutation { createProject(input: { name: "acknowledged" }) { project { id } userErrors { message } } }',
    );
    await first.stop('SIGKILL');
    const second = await start({ MERIDIAN_ADMIN_PASSWORD: 'given-by-the-operator' });
    const again = await signIn(await urlOf(second), 'given-by-the-operator');
    expect((await again.query('{ project(name: "acknowledged") { name } }')).project.name).toBe(
      'acknowledged',
    );
  });

  it('stops at once when it is told to while it starts, and leaves nothing behind', async () => {
    const program = await start();
    await eventually(() => serverOf(folder), { seconds: 60, what: 'PostgreSQL' });
    expect(await program.stop('SIGINT')).toBe(0);
    expect(program.output).not.toContain('Meridian is ready');
    await expectNoServerOf(folder);
  });

  it('reports every bad setting at once, a line each, and exits with 1', async () => {
    const program = await start({
      MERIDIAN_PORT: 'abc',
      MERIDIAN_SANDBOX: '99',
      DATABASE_URL: 'mysql://x',
      MERIDIAN_SESSION_LIFETIME: 'long',
    });
    expect(await program.exited()).toBe(1);
    expect(program.output.trim().split('\n')).toEqual([
      'meridian: DATABASE_URL: is not a URL that starts with postgres:// or postgresql://',
      'meridian: MERIDIAN_SANDBOX: "99" is not a whole number from 0 to 5',
      'meridian: MERIDIAN_PORT: "abc" is not a whole number from 0 to 65535',
      'meridian: MERIDIAN_SESSION_LIFETIME: "long" is not a duration such as 500ms, 30s, 5m, 8h or 14d',
    ]);
  });

  it('says in one line that the port is in use, and leaves no PostgreSQL behind', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => other.once('listening', resolve));
    const { port } = other.address() as AddressInfo;
    const program = await start({ MERIDIAN_PORT: String(port) });
    expect(await program.exited()).toBe(1);
    expect(program.output).toContain(
      `meridian: port ${port} of 127.0.0.1 is in use by another program: set MERIDIAN_PORT to another port`,
    );
    await expectNoServerOf(folder);
    other.close();
  });

  it('says in one line that the data folder cannot be written', async () => {
    await writeFile(join(folder, 'file'), '');
    const program = await start({ MERIDIAN_DATA: join(folder, 'file', 'data') });
    expect(await program.exited()).toBe(1);
    expect(program.output.trim().split('\n')).toHaveLength(1);
    expect(program.output).toContain('cannot be written');
    expect(program.output).toContain('set MERIDIAN_DATA');
  });

  it('starts afresh when its data folder was removed, wherever PostgreSQL had to be put', async () => {
    // From root, with a folder that nobody can enter, the data is below /var/lib/meridian.
    await chmod(folder, 0o700);
    const first = await start();
    await urlOf(first);
    await first.stop();
    const linked = await readlink(join(folder, 'data', 'postgres')).catch(() => undefined);
    await rm(join(folder, 'data'), { recursive: true });
    const second = await start();
    await second.printed(/Sign in as\s+admin, password \S+/);
    await second.stop();
    const linkedAgain = await readlink(join(folder, 'data', 'postgres')).catch(() => undefined);
    for (const place of [linked, linkedAgain]) if (place) await rm(place, { recursive: true });
  });

  it('says in one line that it does not know the password of its PostgreSQL, and leaves no server behind', async () => {
    const first = await start();
    await urlOf(first);
    await first.stop();
    await writeFile(join(folder, 'data', 'postgres.password'), 'another');
    const second = await start();
    expect(await second.exited()).toBe(1);
    expect(second.output).toMatch(/^meridian: The embedded PostgreSQL .* does not let us in/m);
    await expectNoServerOf(folder);
  });

  it('refuses a data folder that another Meridian uses', async () => {
    const first = await start();
    await urlOf(first);
    const second = await start();
    expect(await second.exited()).toBe(1);
    expect(second.output).toContain(`is in use by another Meridian (process ${first.process.pid})`);
  });
});

/** The process number of the PostgreSQL server with its data in the folder, when one is running. */
async function serverOf(folder: string): Promise<number | undefined> {
  const text = await readFile(join(folder, 'data', 'postgres', 'postmaster.pid'), 'utf8').catch(() => '');
  const pid = Number(text.split('\n')[0]);
  if (!pid) return undefined;
  try {
    process.kill(pid, 0);
    return pid;
  } catch {
    return undefined;
  }
}

async function expectNoServerOf(folder: string): Promise<void> {
  await eventually(async () => (await serverOf(folder)) === undefined, {
    seconds: 60,
    what: 'the end of PostgreSQL',
  });
}

async function stopServerOf(folder: string): Promise<void> {
  const pid = await serverOf(folder);
  if (pid === undefined) return;
  process.kill(pid, 'SIGQUIT');
  await expectNoServerOf(folder);
}
