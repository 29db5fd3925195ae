import type { Clock } from '../shared/clock.js';
import type { DomainEvents } from '../shared/domain-events.js';
import type { PublishedClusterConnections } from '../shared/published/cluster-connection.js';
import type { PublishedEnvironment, PublishedEnvironments } from '../shared/published/environment.js';

const keepMilliseconds = 5_000;
const maximumEntries = 5_000;

/** What projects and clusters publish, remembered for seconds and dropped when an event says that it changed. */
export class Environments {
  readonly #environments = new Map<string, { at: number; value: PublishedEnvironment | undefined }>();
  /** Promises, so that many who ask at once are one question. */
  readonly #ingressDomains = new Map<string, { at: number; value: Promise<string | null> }>();

  constructor(
    private readonly published: Pick<PublishedEnvironments, 'find' | 'findProject'>,
    private readonly clusters: Pick<PublishedClusterConnections, 'find'>,
    private readonly clock: Clock,
    events: Pick<DomainEvents, 'on' | 'onResynced'>,
  ) {
    events.on('environment.changed', ({ environmentId }) => this.#environments.delete(environmentId));
    events.on('cluster.changed', ({ clusterId }) => this.#ingressDomains.delete(clusterId));
    events.onResynced(() => {
      this.#environments.clear();
      this.#ingressDomains.clear();
    });
  }

  async find(id: string): Promise<PublishedEnvironment | undefined> {
    const known = this.#environments.get(id);
    if (known && this.clock.now() - known.at < keepMilliseconds) return known.value;
    const value = await this.published.find(id);
    if (this.#environments.size >= maximumEntries) this.#environments.clear();
    this.#environments.set(id, { at: this.clock.now(), value });
    return value;
  }

  findProject(id: string): Promise<{ id: string; name: string } | undefined> {
    return this.published.findProject(id);
  }

  async ingressDomain(clusterId: string): Promise<string | null> {
    const known = this.#ingressDomains.get(clusterId);
    if (known && this.clock.now() - known.at < keepMilliseconds) return known.value;
    const value = this.clusters.find(clusterId).then((cluster) => cluster?.ingressDomain ?? null);
    this.#ingressDomains.set(clusterId, { at: this.clock.now(), value });
    value.catch(() => this.#ingressDomains.delete(clusterId));
    return value;
  }
}
