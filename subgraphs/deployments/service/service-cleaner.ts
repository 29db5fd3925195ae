import type { Clock } from '../../shared/clock.js';
import type { Database } from '../../shared/database.js';
import { type DomainEvents, notifyDomainEvent } from '../../shared/domain-events.js';
import type { Logger } from '../../shared/logger.js';
import type { BindingRepository } from '../binding/binding.repository.js';
import type { DeploymentRepository } from '../deployment/deployment.repository.js';
import type { RouteRepository } from '../route/route.repository.js';
import type { WorkloadReconciler } from '../workload/workload.reconciler.js';
import type { ServiceEntity } from './service.entity.js';
import type { ServiceRepository } from './service.repository.js';

const tryAgainMilliseconds = 30_000;

/** Finishes deletions that a cluster or a crash interrupted, and lets services go with their environment. */
export class ServiceCleaner {
  readonly #unsubscribe: (() => void)[] = [];
  readonly #working = new Set<Promise<void>>();
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly database: Database,
    private readonly services: ServiceRepository,
    private readonly deployments: DeploymentRepository,
    private readonly bindings: BindingRepository,
    private readonly routes: RouteRepository,
    /** Asks the owner, past every cache. */
    private readonly environments: { find(id: string): Promise<object | undefined> },
    private readonly reconciler: WorkloadReconciler,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {}

  start(events: Pick<DomainEvents, 'on'>): void {
    this.#unsubscribe.push(
      events.on('environment.changed', ({ environmentId }) =>
        this.#work(this.#environmentChanged(environmentId)),
      ),
    );
    const sweep = (): void => this.#work(this.#sweep());
    this.#timer = setInterval(sweep, tryAgainMilliseconds);
    this.#timer.unref();
    sweep();
  }

  async dispose(): Promise<void> {
    clearInterval(this.#timer);
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
    await Promise.allSettled([...this.#working]);
  }

  #work(work: Promise<void>): void {
    const guarded = work.catch((error) => this.logger.warn({ error }, 'services could not be cleaned up'));
    this.#working.add(guarded);
    void guarded.finally(() => this.#working.delete(guarded));
  }

  async #sweep(): Promise<void> {
    for (const service of await this.services.listToRemove()) {
      await this.reconciler
        .reconcile(service.id)
        .catch((error) =>
          this.logger.warn({ error, service: service.id }, 'service could not be removed yet'),
        );
    }
  }

  async #environmentChanged(environmentId: string): Promise<void> {
    if (await this.environments.find(environmentId)) return;
    for (const service of await this.services.listByEnvironment(environmentId)) await this.#letGo(service);
  }

  /** Its namespace is gone or going, and what ran with it. Deployments stay, as always. */
  async #letGo(service: ServiceEntity): Promise<void> {
    const now = new Date(this.clock.now());
    await this.database.transaction(async (transaction) => {
      const row = await this.services.lock(transaction, service.id);
      if (!row) return;
      for (const id of await this.deployments.listUnfinishedIds(transaction, row.id)) {
        await this.deployments.finish(transaction, id, 'ABORTED', {
          at: now,
          result: null,
          lines: [{ at: now, level: 'WARNING', message: 'The environment was deleted.' }],
        });
        await notifyDomainEvent(transaction, {
          type: 'deployment.changed',
          deploymentId: id,
          serviceId: row.id,
        });
      }
      await this.bindings.deleteByService(transaction, row.id);
      await this.routes.release(transaction, row.id);
      await this.services.update(transaction, row.id, { deletedAt: now, updatedAt: now, removedAt: now });
      await notifyDomainEvent(transaction, { type: 'service.changed', serviceId: row.id });
    });
  }
}
