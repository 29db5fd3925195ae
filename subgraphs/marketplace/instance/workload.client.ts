import type { Caller } from '../../shared/caller.js';
import { NotFoundError } from '../../shared/errors.js';
import { applyObject, deleteObject } from '../../shared/kubernetes/apply.js';
import type { KubernetesConnection } from '../../shared/kubernetes/connection.js';
import type { Connections } from '../../shared/kubernetes/connections.js';
import { createObject, findObject, listObjects, mergePatchObject } from '../../shared/kubernetes/objects.js';
import {
  type Event,
  type PersistentVolumeClaim,
  type ResourceQuota,
  resourceOf,
  resources,
  type Secret,
  type StatefulSet,
  type StorageClass,
} from '../../shared/kubernetes/resources.js';
import type { KubernetesObject } from '../../shared/kubernetes/wire.js';
import { instanceLabel } from '../offering/manifest-rendering.js';

/** Where an instance's objects are. */
export interface InstancePlace {
  readonly id: string;
  readonly clusterId: string;
  readonly namespace: string;
  readonly name: string;
}

const workloadKinds = [resources.statefulSets, resources.services, resources.configMaps];

/** Questions asked of the cluster of an instance, and what it is told. Answers are the API server's, not a cache's. */
export class WorkloadClient {
  constructor(
    private readonly connections: Pick<Connections, 'get'>,
    private readonly person?: Caller,
  ) {}

  /** The same, done in the name of the person who causes it. */
  actingFor(person: Caller | undefined): WorkloadClient {
    return new WorkloadClient(this.connections, person);
  }

  async isClusterRegistered({ clusterId }: InstancePlace): Promise<boolean> {
    try {
      await this.connections.get(clusterId);
      return true;
    } catch (error) {
      if (error instanceof NotFoundError) return false;
      throw error;
    }
  }

  /** The object that has the name of the given one now. */
  async findLike<T extends KubernetesObject>(place: InstancePlace, object: T): Promise<T | undefined> {
    const found = await findObject(await this.#connect(place), resourceOf(object), {
      namespace: place.namespace,
      name: object.metadata?.name ?? '',
    });
    return found as T | undefined;
  }

  /** Takes fields over that others have changed: of its instances, Meridian is the owner. */
  async apply<T extends KubernetesObject>(place: InstancePlace, object: T): Promise<T> {
    return applyObject(await this.#connect(place), object, { force: true });
  }

  /** The cluster's refusal, when the person may not make these objects there. For Meridian itself nothing is asked. */
  async requireApplicable(place: InstancePlace, objects: readonly KubernetesObject[]): Promise<void> {
    const connection = await this.#connect(place);
    if (connection.actsAs === null) return;
    for (const object of objects) await applyObject(connection, object, { force: true, dryRun: true });
  }

  /** The cluster's refusal, when the person may not remove what runs. For Meridian itself nothing is asked. */
  async requireRemovable(place: InstancePlace): Promise<void> {
    const connection = await this.#connect(place);
    if (connection.actsAs === null) return;
    for (const resource of workloadKinds) {
      for (const object of await this.#listOwned<KubernetesObject>(place, resource)) {
        await deleteObject(connection, resource, referenceOf(object), { dryRun: true });
      }
    }
  }

  async findSecret(place: InstancePlace, name: string): Promise<Secret | undefined> {
    return findObject(await this.#connect(place), resources.secrets, { namespace: place.namespace, name });
  }

  /** ConflictError when there is one of this name: credentials are never overwritten. */
  async createSecret(place: InstancePlace, secret: Secret): Promise<void> {
    await createObject(await this.#connect(place), resources.secrets, secret);
  }

  /** A null takes the label or annotation away. */
  async relabel(
    place: InstancePlace,
    object: KubernetesObject,
    metadata: { labels?: Record<string, string | null>; annotations?: Record<string, string | null> },
  ): Promise<void> {
    const reference = { namespace: place.namespace, name: object.metadata?.name ?? '' };
    await mergePatchObject(await this.#connect(place), resourceOf(object), reference, { metadata });
  }

  async listClaims(place: InstancePlace): Promise<PersistentVolumeClaim[]> {
    return this.#listOwned(place, resources.persistentVolumeClaims);
  }

  async findClaim(place: InstancePlace, name: string): Promise<PersistentVolumeClaim | undefined> {
    const reference = { namespace: place.namespace, name };
    return findObject(await this.#connect(place), resources.persistentVolumeClaims, reference);
  }

  async growClaim(place: InstancePlace, claim: PersistentVolumeClaim, size: string): Promise<void> {
    const reference = { namespace: place.namespace, name: claim.metadata?.name ?? '' };
    await mergePatchObject(await this.#connect(place), resources.persistentVolumeClaims, reference, {
      spec: { resources: { requests: { storage: size } } },
    });
  }

  async listStorageClasses(clusterId: string): Promise<StorageClass[]> {
    return (await listObjects(await this.#connect({ clusterId }), resources.storageClasses)).items;
  }

  async listQuotas(place: Pick<InstancePlace, 'clusterId' | 'namespace'>): Promise<ResourceQuota[]> {
    const connection = await this.#connect(place);
    return (await listObjects(connection, resources.resourceQuotas, { namespace: place.namespace })).items;
  }

  async findStatefulSet(place: InstancePlace): Promise<StatefulSet | undefined> {
    const reference = { namespace: place.namespace, name: place.name };
    return findObject(await this.#connect(place), resources.statefulSets, reference);
  }

  /** Why the controller could not make the pods, when it says so. */
  async findCreationFailure(place: InstancePlace): Promise<string | undefined> {
    const { items } = await listObjects<Event>(await this.#connect(place), resources.events, {
      namespace: place.namespace,
      fieldSelector: `involvedObject.kind=StatefulSet,involvedObject.name=${place.name}`,
    });
    return items
      .filter(({ type, reason }) => type === 'Warning' && reason === 'FailedCreate')
      .sort((a, b) => (lastSeen(a) < lastSeen(b) ? -1 : 1))
      .at(-1)?.message;
  }

  /** Asks for the removal of all that runs; `remains` says when it is done. */
  async removeWorkload(place: InstancePlace): Promise<void> {
    const connection = await this.#connect(place);
    for (const resource of workloadKinds) {
      for (const object of await this.#listOwned<KubernetesObject>(place, resource)) {
        await deleteObject(connection, resource, referenceOf(object), { propagationPolicy: 'Background' });
      }
    }
  }

  async removeData(place: InstancePlace): Promise<void> {
    const connection = await this.#connect(place);
    for (const resource of [resources.persistentVolumeClaims, resources.secrets]) {
      for (const object of await this.#listOwned<KubernetesObject>(place, resource)) {
        await deleteObject(connection, resource, referenceOf(object));
      }
    }
  }

  /** What is still there, for a person: empty when all is gone. */
  async remains(place: InstancePlace, options: { data: boolean }): Promise<string[]> {
    const kinds = [resources.statefulSets, resources.services, resources.pods];
    if (options.data) kinds.push(resources.persistentVolumeClaims as never);
    const lists = await Promise.all(
      kinds.map((resource) => this.#listOwned<KubernetesObject>(place, resource)),
    );
    return lists.flatMap((items, index) =>
      items.map(({ metadata }) => `${kinds[index]?.kind} ${metadata?.name}`),
    );
  }

  async #listOwned<T extends KubernetesObject>(
    place: InstancePlace,
    resource: Parameters<typeof listObjects<T>>[1],
  ): Promise<T[]> {
    const { items } = await listObjects<T>(await this.#connect(place), resource, {
      namespace: place.namespace,
      labelSelector: `${instanceLabel}=${place.id}`,
    });
    return items;
  }

  #connect({ clusterId }: Pick<InstancePlace, 'clusterId'>): Promise<KubernetesConnection> {
    return this.connections.get(clusterId, { actingFor: this.person });
  }
}

const referenceOf = ({ metadata }: KubernetesObject) => ({
  namespace: metadata?.namespace,
  name: metadata?.name ?? '',
});

const lastSeen = ({ lastTimestamp, eventTime, metadata }: Event): string =>
  String(lastTimestamp ?? eventTime ?? metadata?.creationTimestamp ?? '');
