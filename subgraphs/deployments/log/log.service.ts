import type { Caller } from '../../shared/caller.js';
import { BadUserInputError, type InputProblem } from '../../shared/errors.js';
import type { Connections } from '../../shared/kubernetes/connections.js';
import { requireContainer, requireName } from '../../shared/kubernetes/names.js';
import type { ServiceAccess } from '../service/service-access.js';
import type { StreamGuard } from '../stream-guard.js';
import type { WorkloadClient } from '../workload/workload.client.js';
import type { LogEventValue, LogQuery } from './log-events.js';
import { decodePositions } from './log-positions.js';
import { LogStream } from './log-stream.js';

export const defaultTail = 100;
export const maximumTail = 10_000;

export interface LogsInput {
  readonly serviceId: string;
  readonly pods?: readonly string[] | null;
  readonly containers?: readonly string[] | null;
  readonly tail?: number | null;
  readonly since?: Date | null;
  readonly previous?: boolean | null;
  readonly filter?: string | null;
  readonly follow?: boolean | null;
  readonly after?: string | null;
}

/** Judges the input before anything reaches a cluster. */
export function logQuery(input: LogsInput): LogQuery {
  const problems: InputProblem[] = [];
  const tail = input.tail ?? defaultTail;
  if (tail < 0 || tail > maximumTail) {
    problems.push({ field: ['input', 'tail'], message: `tail is ${tail}: use 0 to ${maximumTail}.` });
  }
  if ((input.filter?.length ?? 0) > 1_000) {
    problems.push({ field: ['input', 'filter'], message: 'filter is longer than 1000 characters.' });
  }
  if (problems.length > 0) throw new BadUserInputError(problems);
  const previous = input.previous ?? false;
  return {
    pods: input.pods
      ? new Set(input.pods.map((pod, index) => requireName(pod, ['input', 'pods', String(index)], 'pod')))
      : null,
    containers: input.containers
      ? new Set(
          input.containers.map((name, index) =>
            requireContainer(name, ['input', 'containers', String(index)]),
          ),
        )
      : null,
    tail,
    since: input.since ?? null,
    previous,
    filter: input.filter || null,
    // What an earlier run wrote does not grow.
    follow: previous ? false : (input.follow ?? true),
    positions: input.after ? decodePositions(input.after) : null,
  };
}

export class LogService {
  constructor(
    private readonly access: ServiceAccess,
    private readonly workloads: WorkloadClient,
    private readonly connections: Pick<Connections, 'get'>,
    private readonly guard: StreamGuard,
  ) {}

  async watch(caller: Caller, input: LogsInput): Promise<AsyncIterable<LogEventValue>> {
    const query = logQuery(input);
    const check = () => this.access.require(caller, 'logs.read', input.serviceId);
    const { service } = await check();
    const connection = await this.connections.get(service.clusterId);
    const stream = new LogStream(connection, service.namespace, query, (changed) =>
      this.workloads.watch(service, changed),
    );
    return this.guard.guard(caller, stream, check);
  }
}
