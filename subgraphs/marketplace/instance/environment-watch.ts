import type { DomainEvents } from '../../shared/domain-events.js';
import type { Logger } from '../../shared/logger.js';
import type { PublishedEnvironments } from '../../shared/published/environment.js';
import type { InstanceRepository } from './instance.repository.js';

/**
 * An environment goes with its namespace and all that is in it, instances included: their rows follow. Looked at on
 * each event and at start, because events can be missed.
 */
export class EnvironmentWatch {
  readonly #unsubscribers: (() => void)[] = [];

  constructor(
    private readonly repository: Pick<InstanceRepository, 'listEnvironmentIds' | 'removeByEnvironment'>,
    private readonly environments: Pick<PublishedEnvironments, 'listByIds'>,
    private readonly events: Pick<DomainEvents, 'on' | 'onResynced'>,
    private readonly logger: Logger,
  ) {}

  start(): void {
    this.#unsubscribers.push(
      this.events.on('environment.changed', ({ environmentId }) => void this.#look([environmentId])),
      this.events.onResynced(() => void this.#lookAtAll()),
    );
    void this.#lookAtAll();
  }

  dispose(): void {
    for (const unsubscribe of this.#unsubscribers.splice(0)) unsubscribe();
  }

  async #lookAtAll(): Promise<void> {
    try {
      await this.#look(await this.repository.listEnvironmentIds());
    } catch (error) {
      this.logger.warn({ error }, 'environments of instances could not be listed');
    }
  }

  async #look(ids: readonly string[]): Promise<void> {
    try {
      if (ids.length === 0) return;
      const present = new Set((await this.environments.listByIds(ids)).map(({ id }) => id));
      for (const id of ids.filter((each) => !present.has(each)))
        await this.repository.removeByEnvironment(id);
    } catch (error) {
      this.logger.warn({ error }, 'instances of a removed environment could not be removed');
    }
  }
}
