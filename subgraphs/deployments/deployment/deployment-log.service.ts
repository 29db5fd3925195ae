import type { Caller } from '../../shared/caller.js';
import type { DomainEvents } from '../../shared/domain-events.js';
import { LevelStream } from '../../shared/level-stream.js';
import { decodeCursor, encodeCursor, type Page, type PageArguments } from '../../shared/pagination.js';
import type { StreamGuard } from '../../shared/stream-guard.js';
import { isFinished, type RolloutPhase } from '../rollout/rollout-phase.js';
import type { DeploymentEntity } from './deployment.entity.js';
import type { DeploymentRepository } from './deployment.repository.js';
import type { DeploymentService } from './deployment.service.js';
import type { DeploymentLogEntity } from './deployment-log.entity.js';

export type DeploymentLogEventValue =
  | { readonly type: 'ENTRIES'; readonly cursor: string; readonly entries: DeploymentLogEntity[] }
  | { readonly type: 'COMPLETED'; readonly cursor: string; readonly phase: RolloutPhase };

const batch = 200;

/** What happened to a deployment, as written by whoever did it. */
export class DeploymentLogService {
  constructor(
    private readonly deployments: DeploymentService,
    private readonly repository: DeploymentRepository,
    private readonly guard: StreamGuard,
    private readonly events: Pick<DomainEvents, 'on' | 'onResynced'>,
  ) {}

  list(deployment: DeploymentEntity, page: PageArguments): Promise<Page<DeploymentLogEntity>> {
    return this.repository.listLog(deployment.id, page);
  }

  /** Everything since the cursor, without loss, until the deployment has ended. */
  async watch(
    caller: Caller,
    deploymentId: string,
    after?: string | null,
  ): Promise<AsyncIterable<DeploymentLogEventValue>> {
    await this.deployments.get(caller, deploymentId);
    let position = after ? String(decodeCursor(after, 1)[0]) : '0';
    const stream = new LevelStream<DeploymentLogEventValue>((changed) => {
      const unsubscribe = [
        this.events.on('deployment.changed', (event) => {
          if (event.deploymentId === deploymentId) changed();
        }),
        this.events.onResynced(changed),
      ];
      return {
        close: () => {
          for (const off of unsubscribe) off();
        },
        read: async () => {
          // The record first: lines are written before or with its end, so none is missed.
          const row = await this.repository.find(deploymentId);
          const entries = await this.repository.listLogAfter(deploymentId, position, batch);
          position = entries.at(-1)?.id ?? position;
          const cursor = encodeCursor([position]);
          const events: DeploymentLogEventValue[] =
            entries.length > 0 ? [{ type: 'ENTRIES', cursor, entries }] : [];
          if (entries.length === batch) {
            changed();
            return { events };
          }
          if (!row || !isFinished(row.phase)) return { events };
          return { events: [...events, { type: 'COMPLETED', cursor, phase: row.phase }], done: true };
        },
      };
    });
    return this.guard.guard(caller, stream, () => this.deployments.recheck(caller, deploymentId));
  }
}
