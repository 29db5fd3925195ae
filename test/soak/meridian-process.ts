import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, readFile, readlink, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Sandbox } from '../../sandbox/sandbox.js';
import { GraphqlClient } from '../kit/graphql-client.js';
import { Program } from '../kit/program.js';
import { eventually } from '../kit/wait.js';

const mostAttempts = 4;

/** `npm start` as a process with data of its own, that can be killed and started again; its cluster lives on. */
export class MeridianProcess {
  readonly #password = randomBytes(12).toString('base64url');
  #program: Program | undefined;
  /** How long each start took until it answered, in milliseconds. */
  readonly starts: number[] = [];

  private constructor(
    private readonly folder: string,
    private readonly sandbox: Sandbox,
  ) {}

  static async create(sandbox: Sandbox): Promise<MeridianProcess> {
    const folder = await mkdtemp(join(tmpdir(), 'meridian-soak-'));
    // From root PostgreSQL runs as nobody, who must reach the data in it.
    await chmod(folder, 0o711);
    return new MeridianProcess(folder, sandbox);
  }

  /** Starts that ended by themselves before Meridian was ready, such as on a machine that is too busy; tried again. */
  failedStarts = 0;

  /** Starts, and signs in as the administrator. */
  async start(): Promise<GraphqlClient> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#start();
      } catch (error) {
        if (attempt === mostAttempts) throw error;
        this.failedStarts += 1;
      }
    }
  }

  async #start(): Promise<GraphqlClient> {
    const began = performance.now();
    this.#program = await Program.start('main.js', {
      MERIDIAN_DATA: join(this.folder, 'data'),
      MERIDIAN_PORT: '0',
      MERIDIAN_SANDBOX: '0',
      MERIDIAN_CLUSTER_ORIGINS: this.sandbox.url,
      MERIDIAN_ADMIN_PASSWORD: this.#password,
    });
    const [, url = ''] = await this.#program.printed(/API\s+(http:\/\/\S+\/graphql)/, 120);
    const { token } = await new GraphqlClient(url, null).mutate(
      'mutation ($input: SignInInput!) { signIn(input: $input) { token userErrors { message } } }',
      { input: { login: 'admin', password: this.#password } },
    );
    this.starts.push(performance.now() - began);
    return new GraphqlClient(url, token);
  }

  get output(): string {
    return this.#program?.output ?? '';
  }

  async kill(): Promise<void> {
    await this.#program?.stop('SIGKILL');
  }

  /** Ends it as an operator does, and removes its data. */
  async dispose(): Promise<void> {
    await this.#program?.stop('SIGTERM');
    await stopServerOf(this.folder);
    const linked = await readlink(join(this.folder, 'data', 'postgres')).catch(() => undefined);
    if (linked) await rm(linked, { recursive: true, force: true });
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** PostgreSQL goes on when Meridian was killed and did not start again. */
async function stopServerOf(folder: string): Promise<void> {
  const running = async (): Promise<number | undefined> => {
    const text = await readFile(join(folder, 'data', 'postgres', 'postmaster.pid'), 'utf8').catch(() => '');
    const pid = Number(text.split('\n')[0]);
    try {
      if (pid) process.kill(pid, 0);
      return pid || undefined;
    } catch {
      return undefined;
    }
  };
  const pid = await running();
  if (pid === undefined) return;
  process.kill(pid, 'SIGQUIT');
  await eventually(async () => (await running()) === undefined, { what: 'the end of PostgreSQL' });
}
