import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { SignJWT } from 'jose';
import { deriveKey } from '../../subgraphs/shared/keys.js';
import type {
  FromGateway,
  FromViewers,
  GatewayReport,
  Protocol,
  ToGateway,
  ToViewers,
  Viewer,
  ViewersReport,
} from './fan-out-messages.js';
import { pause } from './measures.js';

const viewersOfProcess = 5_000;
const subscriptionsOfUser = 100;

const start = (name: string, ...args: string[]): ChildProcess =>
  fork(fileURLToPath(new URL(`./${name}.js`, import.meta.url)), args, {
    execArgv: ['--expose-gc', '--enable-source-maps'],
  });

/** A process that serves the small subgraphs through the gateway, whose sockets are served by `protocol`. */
export const startGatewayProcess = (protocol: Protocol): ChildProcess => start('fan-out-gateway', protocol);

type From = FromGateway | FromViewers;
export async function answer<Type extends From['type']>(
  child: ChildProcess,
  type: Type,
): Promise<Extract<From, { type: Type }>> {
  for (;;) {
    const [message] = (await once(child, 'message')) as [From];
    if (message.type === type) return message as Extract<From, { type: Type }>;
  }
}

export function ask<Type extends From['type']>(
  child: ChildProcess,
  message: ToGateway | ToViewers,
  type: Type,
): Promise<Extract<From, { type: Type }>> {
  const answered = answer(child, type);
  child.send(message);
  return answered;
}

const tokenOf = (secretKey: string, userId: string): Promise<string> =>
  new SignJWT({ cid: `session of ${userId}`, ck: 'SESSION' })
    .setProtectedHeader({ alg: 'HS256', typ: 'at+jwt' })
    .setSubject(userId)
    .setIssuer('meridian')
    .setAudience('meridian')
    .setIssuedAt()
    .setExpirationTime('2h')
    .sign(deriveKey(secretKey, 'token-signing'));

export interface Run {
  readonly viewers: number;
  readonly delivered: number;
  readonly expected: number;
  readonly latencies: readonly number[];
  readonly lost: number;
  readonly upstreams: number;
  /** The gateway's, before there were viewers, when all were subscribed, and after the last event. */
  readonly before: GatewayReport;
  readonly subscribed: GatewayReport;
  readonly after: GatewayReport;
}

export interface Pace {
  readonly milliseconds: number;
  readonly events: number;
}

/** One gateway in a process of its own, `count` viewers in others, and so many events. */
export async function run(
  count: number,
  viewerOf: (index: number) => Omit<Viewer, 'token'>,
  pace: Pace,
  protocol: Protocol = 'own',
): Promise<Run> {
  const gateway = startGatewayProcess(protocol);
  const { url, secretKey, base } = await answer(gateway, 'started');
  const tokens = await Promise.all(
    Array.from({ length: Math.ceil(count / subscriptionsOfUser) }, (_, user) =>
      tokenOf(secretKey, `user_${user}`),
    ),
  );
  const all = Array.from({ length: count }, (_, index) => ({
    ...viewerOf(index),
    token: tokens[Math.floor(index / subscriptionsOfUser)] ?? '',
  }));
  const processes: ChildProcess[] = [];
  const { report: before } = (await ask(gateway, { type: 'report' }, 'report')) as { report: GatewayReport };
  for (let from = 0; from < count; from += viewersOfProcess) {
    const child = start('fan-out-viewers');
    processes.push(child);
    const some = all.slice(from, from + viewersOfProcess);
    await ask(child, { type: 'open', url, base, viewers: some }, 'opened');
  }
  let counted = await ask(gateway, { type: 'count' }, 'counted');
  while (counted.subscriptions < count) {
    await pause(100);
    counted = await ask(gateway, { type: 'count' }, 'counted');
  }
  await pause(1_000);
  const { report: subscribed } = (await ask(gateway, { type: 'report' }, 'report')) as {
    report: GatewayReport;
  };
  await ask(gateway, { type: 'publish', ...pace }, 'published');
  // For what is still on its way.
  await pause(3_000);
  const { report: after } = (await ask(gateway, { type: 'report' }, 'report')) as { report: GatewayReport };
  const reports: ViewersReport[] = [];
  for (const child of processes) {
    reports.push(((await ask(child, { type: 'report' }, 'report')) as { report: ViewersReport }).report);
  }
  for (const child of [...processes, gateway]) child.send({ type: 'stop' });
  await Promise.all([...processes, gateway].map((child) => once(child, 'exit')));
  const latencies = reports.flatMap((report) => report.latencies);
  return {
    viewers: count,
    delivered: latencies.length,
    expected: count * pace.events,
    latencies,
    lost: reports.reduce((sum, report) => sum + report.lost, 0),
    upstreams: counted.upstreams,
    before,
    subscribed,
    after,
  };
}
