import type { Caller } from '../../shared/caller.js';
import type { Changes } from '../../shared/changes.js';
import type { Clock } from '../../shared/clock.js';
import { BadUserInputError, MeridianError, NotFoundError, RateLimitedError } from '../../shared/errors.js';
import { newId } from '../../shared/ids.js';
import { requireContainer, requireName } from '../../shared/kubernetes/names.js';
import type { Logger } from '../../shared/logger.js';
import type { PermissionSet } from '../../shared/permissions.js';
import { requireReason } from '../deployment/deployment-starter.js';
import { type PodValue } from '../pod/pod.mapper.js';
import { podsOf } from '../pod/pod.service.js';
import type { ServiceEntity } from '../service/service.entity.js';
import type { ServiceAccess } from '../service/service-access.js';
import type { StreamGuard } from '../stream-guard.js';
import type { WorkloadClient } from '../workload/workload.client.js';
import { execBanner } from './exec-banner.js';
import type { ExecClient, ExecPlace } from './exec-client.js';
import { inputBytes, requireCommand, requireSize } from './exec-rules.js';
import { type ExecEventValue, ExecSession } from './exec-session.js';

/** A session that nobody reads ends after this. */
export const graceMilliseconds = 60_000;
export const sessionsPerUser = 5;

export interface ExecInput {
  readonly serviceId?: string | null;
  readonly pod?: string | null;
  readonly container?: string | null;
  readonly command?: readonly string[] | null;
  readonly tty?: boolean | null;
  readonly columns?: number | null;
  readonly rows?: number | null;
  readonly reason?: string | null;
  readonly banner?: boolean | null;
  readonly sessionId?: string | null;
}

interface Held {
  readonly session: ExecSession;
  readonly set: PermissionSet;
  readonly service: ServiceEntity;
  grace: NodeJS.Timeout | undefined;
}

/** Shells and commands in containers. Sessions are kept in the memory of the process that opened them. */
export class ExecSessionService {
  readonly #held = new Map<string, Held>();

  constructor(
    private readonly access: ServiceAccess,
    private readonly changes: Changes,
    private readonly workloads: WorkloadClient,
    private readonly client: ExecClient,
    private readonly guard: StreamGuard,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {}

  /** Opens a session or reattaches to one. Refusals are audited as well. */
  async watch(caller: Caller, input: ExecInput): Promise<AsyncIterable<ExecEventValue>> {
    try {
      return input.sessionId
        ? await this.#reattach(caller, input.sessionId)
        : await this.#open(caller, input);
    } catch (error) {
      if (caller.userId !== null && error instanceof MeridianError && error.code !== 'UNAUTHENTICATED') {
        await this.changes.recordRefusal(caller, {
          mutation: 'exec',
          input: { serviceId: input.serviceId ?? input.sessionId, name: input.pod },
          failed: error.code !== 'FORBIDDEN' && error.code !== 'NOT_FOUND' && error.code !== 'BAD_USER_INPUT',
          message: error.message,
        });
      }
      throw error;
    }
  }

  async input(
    caller: Caller,
    input: { sessionId: string; data?: string | null; dataBase64?: string | null },
  ): Promise<void> {
    const { session } = await this.#require(caller, input.sessionId);
    await session.input(inputBytes(input));
  }

  async resize(caller: Caller, input: { sessionId: string; columns: number; rows: number }): Promise<void> {
    requireSize(input.columns, input.rows);
    const { session } = await this.#require(caller, input.sessionId);
    session.resize(input.columns, input.rows);
  }

  async close(caller: Caller, sessionId: string): Promise<void> {
    const { session } = await this.#require(caller, sessionId);
    await session.close();
  }

  async dispose(): Promise<void> {
    await Promise.allSettled([...this.#held.values()].map(({ session }) => session.close()));
  }

  async #open(caller: Caller, input: ExecInput): Promise<AsyncIterable<ExecEventValue>> {
    if (!input.serviceId) {
      throw BadUserInputError.at(
        ['input', 'serviceId'],
        'Give serviceId to open a session, or sessionId to come back to one.',
      );
    }
    const podName = input.pod == null ? null : requireName(input.pod, ['input', 'pod'], 'pod');
    const containerName =
      input.container == null ? null : requireContainer(input.container, ['input', 'container']);
    requireReason(input.reason ?? null);
    requireCommand(input.command ?? null);
    const size =
      input.columns == null && input.rows == null
        ? undefined
        : requireSize(input.columns ?? 80, input.rows ?? 24);
    const { set, service } = await this.access.require(caller, 'exec.open', input.serviceId);
    if (
      [...this.#held.values()].filter(({ session }) => session.target.userId === set.caller.userId).length >=
      sessionsPerUser
    ) {
      throw new RateLimitedError(
        `You have ${sessionsPerUser} sessions open: close one with execClose first.`,
      );
    }
    const place = await this.#place(service, podName, containerName);
    await this.client.requirePod(place);
    const id = newId('exec', this.clock.now());
    // Written before anything is opened: what can't be audited is not done.
    await this.#audit(set, service, 'exec', place, id, input.reason ?? null, [
      { path: 'command', after: input.command ?? 'best shell' },
    ]);
    const tty = input.tty ?? input.command == null;
    const early: Parameters<ExecSession['output']>[0][] = [];
    let session: ExecSession | undefined;
    const { socket, command } = await this.client.open(
      place,
      { command: input.command ?? null, tty, columns: size?.columns, rows: size?.rows },
      (output) => (session ? session.output(output) : early.push(output)),
    );
    session = new ExecSession(
      {
        id,
        userId: set.caller.userId,
        serviceId: service.id,
        pod: place.pod,
        container: place.container,
        command,
        tty,
      },
      (attached) => this.#setAttached(id, attached),
    );
    const opened = session;
    this.#held.set(id, { session, set, service, grace: undefined });
    session.start(socket);
    void socket.ended.then((end) => this.#finished(id, place, end.exitCode, end.reason));
    const banner = input.banner
      ? execBanner({ command, namespace: service.namespace, pod: place.pod }, tty)
      : undefined;
    const events = session.attach({ banner, replay: false });
    for (const output of early) opened.output(output);
    return this.#guarded(caller, opened, events);
  }

  async #reattach(caller: Caller, sessionId: string): Promise<AsyncIterable<ExecEventValue>> {
    const { session } = await this.#require(caller, sessionId);
    return this.#guarded(caller, session, session.attach({ replay: true }));
  }

  /** Whoever loses the right loses the session, not only the sight of it. */
  #guarded(
    caller: Caller,
    session: ExecSession,
    events: AsyncIterableIterator<ExecEventValue>,
  ): AsyncIterable<ExecEventValue> {
    const check = async (): Promise<void> => {
      try {
        await this.access.require(caller, 'exec.open', session.target.serviceId);
      } catch (error) {
        void session.close();
        throw error;
      }
    };
    return this.guard.guard(caller, events, check);
  }

  async #require(caller: Caller, sessionId: string): Promise<Held> {
    const held = this.#held.get(sessionId);
    // One answer for a session that never was, has ended, or is someone else's.
    if (!held || held.session.target.userId !== caller.userId) {
      (await this.access.of(caller)).requireFunctional('exec.open');
      throw new NotFoundError('Session', sessionId, ['input', 'sessionId']);
    }
    await this.access.require(caller, 'exec.open', held.service.id, ['input', 'sessionId']);
    return held;
  }

  async #place(
    service: ServiceEntity,
    podName: string | null,
    containerName: string | null,
  ): Promise<ExecPlace> {
    const pods = podsOf(await this.workloads.get(service));
    const pod = podName === null ? bestPod(pods) : pods.find(({ name }) => name === podName);
    if (!pod) {
      throw podName === null
        ? BadUserInputError.at(
            ['input', 'serviceId'],
            'No pod of this service runs: deploy or scale it first.',
          )
        : new NotFoundError('Pod', podName, ['input', 'pod']);
    }
    const container =
      containerName === null
        ? (pod.containers.find(({ name }) => name === service.name) ?? pod.containers[0])
        : pod.containers.find(({ name }) => name === containerName);
    if (!container) throw new NotFoundError('Container', containerName ?? '', ['input', 'container']);
    return {
      clusterId: service.clusterId,
      namespace: service.namespace,
      pod: pod.name,
      uid: pod.uid,
      container: container.name,
      serviceId: service.id,
    };
  }

  #setAttached(id: string, attached: boolean): void {
    const held = this.#held.get(id);
    if (!held) return;
    clearTimeout(held.grace);
    held.grace = attached
      ? undefined
      : setTimeout(() => void held.session.close(), graceMilliseconds).unref();
  }

  async #finished(id: string, place: ExecPlace, exitCode: number | null, reason: string): Promise<void> {
    const held = this.#held.get(id);
    if (!held) return;
    clearTimeout(held.grace);
    this.#held.delete(id);
    const { bytesIn, bytesOut } = held.session;
    await this.#audit(held.set, held.service, 'execEnded', place, id, reason, [
      { path: 'exitCode', after: exitCode },
      { path: 'bytesIn', after: bytesIn },
      { path: 'bytesOut', after: bytesOut },
    ]).catch((error) =>
      this.logger.error({ error, session: id }, 'end of an exec session could not be audited'),
    );
  }

  async #audit(
    set: PermissionSet,
    service: ServiceEntity,
    action: string,
    place: ExecPlace,
    id: string,
    reason: string | null,
    details: { path: string; after: unknown }[],
  ): Promise<void> {
    await this.changes.run(set.caller, { action }, async ({ audit }) => {
      audit({
        targetType: 'Pod',
        targetId: place.uid,
        targetName: `${place.namespace}/${place.pod}/${place.container}`,
        projectId: service.projectId,
        changes: [
          { path: 'session', after: id },
          { path: 'clusterId', after: place.clusterId },
          { path: 'serviceId', after: service.id },
          ...details,
        ],
        reason,
      });
      return { id };
    });
  }
}

const bestPod = (pods: readonly PodValue[]): PodValue | undefined => {
  const running = pods.filter(({ status }) => status === 'RUNNING' || status === 'STARTING');
  return (
    running.find(({ ready, generation }) => ready && generation === 'NEW') ??
    running.find(({ ready }) => ready) ??
    running[0]
  );
};
