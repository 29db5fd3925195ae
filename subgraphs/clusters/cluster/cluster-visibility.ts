import type { DomainEvents } from '../../shared/domain-events.js';
import type { PermissionSet } from '../../shared/permissions.js';
import type { PublishedEnvironment } from '../../shared/published/environment.js';
import { seenThroughEnvironments } from '../../shared/seen-through-environments.js';

/** Another process's change is seen after this at the latest, even when its event was lost. */
const cacheMilliseconds = 2_000;

/** Who may know of a cluster: whoever may read it, and whoever may see an environment on it. */
export class ClusterVisibility {
  #cache: { at: number; environments: Promise<PublishedEnvironment[]> } | undefined;

  constructor(
    private readonly environments: { listAll(): Promise<PublishedEnvironment[]> },
    private readonly clock: { now(): number },
    events: Pick<DomainEvents, 'on' | 'onResynced'>,
  ) {
    const forget = (): void => {
      this.#cache = undefined;
    };
    events.on('environment.changed', forget);
    events.onResynced(forget);
  }

  /** Those of the ids that may be known of. */
  async visible(permissions: PermissionSet, ids: readonly string[]): Promise<Set<string>> {
    const visible = new Set(ids.filter((clusterId) => permissions.allows('clusters.read', { clusterId })));
    if (visible.size === ids.length || !permissions.has('environments.read')) return visible;
    const unclear = (await this.#environments()).filter(
      ({ clusterId }) => ids.includes(clusterId) && !visible.has(clusterId),
    );
    for (const id of seenThroughEnvironments(permissions, 'clusterId', unclear)) visible.add(id);
    return visible;
  }

  /** Ids of the clusters with an environment that the caller may see, by the name of its landscape. */
  async landscapes(permissions: PermissionSet): Promise<Map<string, Set<string>>> {
    const landscapes = new Map<string, Set<string>>();
    if (!permissions.has('environments.read')) return landscapes;
    for (const environment of await this.#environments()) {
      if (!permissions.allows('environments.read', environment)) continue;
      const clusters = landscapes.get(environment.landscapeName) ?? new Set();
      landscapes.set(environment.landscapeName, clusters.add(environment.clusterId));
    }
    return landscapes;
  }

  #environments(): Promise<PublishedEnvironment[]> {
    const now = this.clock.now();
    if (this.#cache && now - this.#cache.at < cacheMilliseconds) return this.#cache.environments;
    const environments = this.environments.listAll();
    const cache = { at: now, environments };
    this.#cache = cache;
    environments.catch(() => {
      if (this.#cache === cache) this.#cache = undefined;
    });
    return environments;
  }
}
