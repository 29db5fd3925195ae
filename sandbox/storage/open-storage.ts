import { claimResize } from './admission/claim-resize.js';
import { defaultStorageClass } from './admission/default-storage-class.js';
import { limitRanger } from './admission/limit-ranger.js';
import { namespaceLifecycle } from './admission/namespace-lifecycle.js';
import { podDefaults } from './admission/pod-defaults.js';
import { resourceQuota } from './admission/resource-quota.js';
import { allRules } from './kinds/all-rules.js';
import type { Random } from './random.js';
import { Registry } from './registry.js';
import { Store } from './store.js';
import { collectGarbage } from './upkeep/garbage-collector.js';
import type { Defer } from './upkeep/keyed-queue.js';
import { keepQuotas } from './upkeep/quota-keeper.js';

export interface StorageOptions {
  readonly now: () => number;
  readonly random: Random;
  /** When the garbage collector acts after a write; at the next turn of the event loop by default. */
  readonly defer?: Defer;
  /** Writes kept per resource for watches and consistent pages; older ones answer 410. */
  readonly historyLimit?: number;
}

export interface Storage {
  readonly registry: Registry;
  dispose(): void;
}

/** More than it can write in a second. */
const REVISIONS_PER_MS = 10;

/**
 * Versions start above those that the sandbox had when it ran before, so that a client's of then are refused as
 * forgotten (410), as by a cluster that was restored from a backup as etcd advises (revisions bumped, history marked
 * as compacted). Above 1000 in any case, as on one with a past.
 */
const firstRevision = (now: number): number =>
  Math.max(1000, Math.floor(now - Date.UTC(2026, 0)) * REVISIONS_PER_MS);
const HISTORY_LIMIT = 5000;
const NAMESPACES = ['default', 'kube-node-lease', 'kube-public', 'kube-system'];

/** The composition root of the storage: store, rules, admission and what keeps it in order. */
export const openStorage = ({
  now,
  random,
  defer,
  historyLimit = HISTORY_LIMIT,
}: StorageOptions): Storage => {
  const store = new Store(firstRevision(now()), historyLimit);
  const registry: Registry = new Registry({ store, random, now }, allRules, [
    namespaceLifecycle(store),
    limitRanger(store),
    podDefaults(store, random),
    defaultStorageClass(store),
    claimResize(store),
    resourceQuota(store, (quota) =>
      registry.update('resourcequotas', quota, { subresource: 'status', manager: 'kube-apiserver' }),
    ),
  ]);
  const upkeep = [collectGarbage(registry, defer), keepQuotas(registry)];
  for (const name of NAMESPACES)
    registry.create('namespaces', { metadata: { name } }, { manager: 'kube-apiserver' });
  return {
    registry,
    dispose: () => {
      for (const each of upkeep) each.dispose();
    },
  };
};
