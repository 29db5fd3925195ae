import type { Caller } from '../../shared/caller.js';
import type { KubernetesConnection } from '../../shared/kubernetes/connection.js';
import type { Connections } from '../../shared/kubernetes/connections.js';
import { statusOf } from '../../shared/kubernetes/errors.js';
import { findObject, listObjects } from '../../shared/kubernetes/objects.js';
import {
  type LimitRange,
  type PersistentVolumeClaim,
  type ResourceQuota,
  resourceOf,
  resources,
  type Secret,
  type StorageClass,
} from '../../shared/kubernetes/resources.js';
import type { KubernetesObject } from '../../shared/kubernetes/wire.js';
import { kindAndName } from '../drift/drift.js';

/** What decides in a cluster whether a deployment can work. Null: Meridian, or the person, may not read it there. */
export interface PreflightFacts {
  readonly quotas: readonly ResourceQuota[] | null;
  readonly ranges: readonly LimitRange[] | null;
  readonly secrets: ReadonlyMap<string, Secret> | null;
  readonly classes: readonly StorageClass[] | null;
  /** Those of the wanted objects that are there, by kind and name. */
  readonly live: ReadonlyMap<string, KubernetesObject>;
}

interface Wanted {
  readonly objects: readonly KubernetesObject[];
  readonly secrets: readonly string[];
}

/** More names than these are looked up in one list. */
const singleReads = 8;

/** Asked of the API server each time: what a deploy depends on must not be a second old. */
export class PreflightClient {
  constructor(private readonly connections: Pick<Connections, 'get'>) {}

  /**
   * Quotas, limits and storage classes are read by Meridian's own account: they hold nothing that an application's
   * developer may not know. Secrets and objects are read in the name of the person.
   */
  async read(
    person: Caller,
    { clusterId, namespace }: { readonly clusterId: string; readonly namespace: string },
    wanted: Wanted,
  ): Promise<PreflightFacts> {
    const [own, acting] = await Promise.all([
      this.connections.get(clusterId),
      this.connections.get(clusterId, { actingFor: person }),
    ]);
    const claimsWanted = wanted.objects.some(({ kind }) => kind === 'PersistentVolumeClaim');
    const [quotas, ranges, classes, secrets, live] = await Promise.all([
      unlessForbidden(listObjects(own, resources.resourceQuotas, { namespace })),
      unlessForbidden(listObjects(own, resources.limitRanges, { namespace })),
      claimsWanted ? unlessForbidden(listObjects(own, resources.storageClasses)) : { items: [] },
      unlessForbidden(readSecrets(acting, namespace, wanted.secrets)),
      readObjects(acting, wanted.objects),
    ]);
    return {
      quotas: quotas?.items ?? null,
      ranges: ranges?.items ?? null,
      classes: classes?.items ?? null,
      secrets,
      live,
    };
  }
}

/** The claims among them, by name. */
export const claimsOf = ({ live }: PreflightFacts): Map<string, PersistentVolumeClaim> =>
  new Map(
    [...live.values()]
      .filter(({ kind }) => kind === 'PersistentVolumeClaim')
      .map((claim) => [claim.metadata?.name ?? '', claim as PersistentVolumeClaim]),
  );

async function unlessForbidden<T>(reading: Promise<T>): Promise<T | null> {
  try {
    return await reading;
  } catch (error) {
    if (statusOf(error)?.code === 403) return null;
    throw error;
  }
}

async function readSecrets(
  connection: KubernetesConnection,
  namespace: string,
  names: readonly string[],
): Promise<Map<string, Secret>> {
  const unique = [...new Set(names)];
  const found =
    unique.length > singleReads
      ? (await listObjects(connection, resources.secrets, { namespace })).items
      : await Promise.all(
          unique.map((name) => findObject(connection, resources.secrets, { namespace, name })),
        );
  return new Map(
    found.flatMap((secret) => (secret?.metadata?.name === undefined ? [] : [[secret.metadata.name, secret]])),
  );
}

async function readObjects(
  connection: KubernetesConnection,
  objects: readonly KubernetesObject[],
): Promise<Map<string, KubernetesObject>> {
  const live = new Map<string, KubernetesObject>();
  await Promise.all(
    objects.map(async (object) => {
      const { namespace, name = '' } = object.metadata ?? {};
      const found = await findObject(connection, resourceOf(object), { namespace, name });
      if (found)
        live.set(kindAndName(object), {
          ...found,
          apiVersion: object.apiVersion,
          kind: object.kind,
        } as KubernetesObject);
    }),
  );
  return live;
}
