import type { Caller, SignedInCaller } from '../../shared/caller.js';
import type { Changes } from '../../shared/changes.js';
import type { Clock } from '../../shared/clock.js';
import { BadUserInputError, MeridianError } from '../../shared/errors.js';
import type { Connections } from '../../shared/kubernetes/connections.js';
import type { LogDownloadTokens } from '../../shared/log-download-tokens.js';
import type { StreamGuard } from '../../shared/stream-guard.js';
import type { ServiceEntity } from '../service/service.entity.js';
import type { ServiceAccess } from '../service/service-access.js';
import type { WorkloadClient } from '../workload/workload.client.js';
import type { LogEventValue } from './log-events.js';
import { type LogPageValue, mostPageLines, readPage } from './log-page.js';
import { defaultPageTail, type LogsInput, logQuery, mostTail } from './log-query.js';
import { LogStream } from './log-stream.js';

export interface LogPageInput extends Omit<LogsInput, 'follow'> {
  readonly first?: number | null;
}

export type LogDownloadInput = Omit<LogsInput, 'follow' | 'after'>;

export interface LogDownloadValue {
  readonly url: string;
  readonly expiresAt: Date;
}

/** Reading logs: each time somebody opens one, the audit log says so, also when it is refused. */
export class LogService {
  constructor(
    private readonly access: ServiceAccess,
    private readonly changes: Pick<Changes, 'run' | 'recordRefusal'>,
    private readonly workloads: WorkloadClient,
    private readonly connections: Pick<Connections, 'get'>,
    private readonly guard: StreamGuard,
    private readonly downloads: LogDownloadTokens,
    private readonly clock: Clock,
  ) {}

  /**
   * The merged lines of a service's pods, or of one deployment's: checked, guarded and ended like every stream. The
   * cursor of an event goes on after it.
   */
  async watch(caller: Caller, input: LogsInput): Promise<AsyncIterable<LogEventValue>> {
    const stream = await this.#open(caller, 'serviceLogs', input);
    return this.guard.guard(caller, stream, () => this.access.recheck(caller, 'logs.read', input.serviceId));
  }

  /** The same lines once, at most 10 MB of them. */
  async page(caller: Caller, input: LogPageInput, signal?: AbortSignal): Promise<LogPageValue> {
    const lines = input.first ?? mostPageLines;
    if (lines < 1 || lines > mostPageLines) {
      throw BadUserInputError.at(['input', 'first'], `first is ${lines}: use 1 to ${mostPageLines}.`);
    }
    const stream = await this.#open(caller, 'logs', {
      ...input,
      tail: input.tail ?? defaultPageTail,
      follow: false,
    });
    return readPage(stream, { lines, signal });
  }

  /** A link under which the gateway gives the same lines as text to whoever has it, in the caller's name. */
  async createDownload(caller: Caller, input: LogDownloadInput): Promise<LogDownloadValue> {
    const wanted = { ...input, tail: input.tail ?? mostTail, follow: false };
    logQuery(wanted);
    const { set, service } = await this.access.require(caller, 'logs.read', input.serviceId);
    const { token, expiresAt } = await this.downloads.seal(set.caller, {
      input: { ...wanted, since: input.since?.toISOString() },
      name: service.name,
    });
    await this.#audit(set.caller, service, 'createLogDownload');
    return { url: `/downloads/logs/${token}`, expiresAt };
  }

  async #open(caller: Caller, action: string, input: LogsInput) {
    try {
      const query = logQuery(input);
      const { set, service } = await this.access.require(caller, 'logs.read', input.serviceId);
      const connect = () => this.connections.get(service.clusterId, { actingFor: caller });
      await connect();
      // Before anything is read: what can't be audited is not done.
      await this.#audit(set.caller, service, action);
      return new LogStream(
        {
          namespace: service.namespace,
          connect,
          watch: (changed) => this.workloads.watch(service, changed),
          now: () => this.clock.now(),
        },
        query,
      );
    } catch (error) {
      await this.#recordRefusal(caller, action, input.serviceId, error);
      throw error;
    }
  }

  async #audit(caller: SignedInCaller, service: ServiceEntity, action: string): Promise<void> {
    await this.changes.run(caller, { action }, async ({ audit }) => {
      audit({
        targetType: 'Service',
        targetId: service.id,
        targetName: service.name,
        projectId: service.projectId,
      });
      return service;
    });
  }

  async #recordRefusal(caller: Caller, action: string, serviceId: string, error: unknown): Promise<void> {
    const refused = error instanceof MeridianError && ['FORBIDDEN', 'NOT_FOUND'].includes(error.code);
    if (caller.userId === null || !refused) return;
    await this.changes.recordRefusal(caller, {
      mutation: action,
      input: { serviceId },
      failed: false,
      message: error.message,
    });
  }
}
