import { firstList } from '../../shared/kubernetes/first-list.js';
import type { Informer, Observation } from '../../shared/kubernetes/informer.js';
import type { Informers } from '../../shared/kubernetes/informers.js';
import { type Namespace, type ResourceQuota, resources } from '../../shared/kubernetes/resources.js';
import { managedByMeridian, type NamespaceOwner, objectName, ownerOf } from './environment.mapper.js';

/** How long a first answer is waited for. */
const limitMs = 2_000;

/** What is known of one namespace, from memory. */
export interface ObservedNamespace {
  /** Undefined when it is not there, or nothing was ever read. */
  readonly owner: NamespaceOwner | undefined;
  readonly hard: Readonly<Record<string, string>> | undefined;
  readonly used: Readonly<Record<string, string>> | undefined;
  /** Something was read, now or earlier. */
  readonly known: boolean;
  readonly observation: Observation;
}

export class EnvironmentObserverClient {
  constructor(private readonly informers: Pick<Informers, 'acquire'>) {}

  async observe(clusterId: string, namespace: string): Promise<ObservedNamespace> {
    const namespaces = this.informers.acquire({
      clusterId,
      resource: resources.namespaces,
      labelSelector: managedByMeridian,
    });
    const quotas = this.informers.acquire({
      clusterId,
      resource: resources.resourceQuotas,
      labelSelector: managedByMeridian,
    });
    try {
      await Promise.all([
        firstList(namespaces.informer, { limitMs }),
        firstList(quotas.informer, { limitMs }),
      ]);
      return read(namespaces.informer, quotas.informer, namespace);
    } finally {
      namespaces.release();
      quotas.release();
    }
  }
}

function read(
  namespaces: Informer<Namespace>,
  quotas: Informer<ResourceQuota>,
  name: string,
): ObservedNamespace {
  const namespace = namespaces.get(name);
  const quota = quotas.get(`${name}/${objectName}`);
  const observations = [namespaces.observation(), quotas.observation()];
  return {
    owner: namespace && ownerOf(namespace),
    hard: quota?.spec?.hard,
    used: quota?.status?.used,
    known: namespaces.hasSynced && quotas.hasSynced,
    // The worse of the two.
    observation: observations.find(({ stale }) => stale) ?? namespaces.observation(),
  };
}
