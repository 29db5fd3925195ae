import type { Caller } from '../../shared/caller.js';
import type { Clock } from '../../shared/clock.js';
import { ConflictError, type ErrorCode, MeridianError } from '../../shared/errors.js';
import { applyObject, type DeleteOptions, deleteObject } from '../../shared/kubernetes/apply.js';
import type { KubernetesConnection } from '../../shared/kubernetes/connection.js';
import type { Connections } from '../../shared/kubernetes/connections.js';
import { statusOf } from '../../shared/kubernetes/errors.js';
import { findObject, listObjects } from '../../shared/kubernetes/objects.js';
import { type Resource, resourceOf, resources } from '../../shared/kubernetes/resources.js';
import type { KubernetesObject } from '../../shared/kubernetes/wire.js';
import { serviceIdOf, serviceLabel } from './labels.js';

export interface WorkloadService {
  readonly id: string;
  readonly name: string;
  readonly namespace: string;
  readonly clusterId: string;
  readonly applicationId: string;
}

/** The cluster understood and refused; the rest (it can't be reached, say) is no answer to what was asked. */
const refusals: ReadonlySet<ErrorCode> = new Set([
  'CLUSTER_REJECTED',
  'QUOTA_EXCEEDED',
  'CONFLICT',
  'NOT_FOUND',
  'FORBIDDEN',
  'BAD_USER_INPUT',
]);

export const isRefusal = (error: unknown): error is MeridianError =>
  error instanceof MeridianError && refusals.has(error.code);

/** An object was written by another replica since it was looked at: what is wanted must be read again. */
export class OvertakenError extends Error {}

const isOvertaken = (error: unknown): boolean => {
  const status = statusOf(error);
  return status?.code === 409 && ['Conflict', 'AlreadyExists'].includes(status.reason);
};

/** The version of each object when it was looked at; none of those that were not there. */
export type Versions = ReadonlyMap<string, string>;

const keyOf = ({ kind, metadata }: KubernetesObject): string => `${kind} ${metadata?.name}`;

/** Whether what the caller wants is still what is recorded. */
type StillWanted = () => Promise<boolean>;
/** A controller's own writes get in between: what is to be deleted is looked at again. */
const maximumDeleteRounds = 20;

/** Pods of an older template may still start with the files that they were made with. */
const keepFilesMilliseconds = 3_600_000;

/** Removed when a specification no longer wants them. Claims are not: they hold data. */
const prunable: readonly Resource[] = [
  resources.services,
  resources.ingresses,
  resources.configMaps,
  resources.horizontalPodAutoscalers,
  // A canary's.
  resources.deployments,
];
const everything: readonly Resource[] = [
  resources.horizontalPodAutoscalers,
  resources.ingresses,
  resources.deployments,
  resources.services,
  resources.configMaps,
  resources.secrets,
  resources.persistentVolumeClaims,
];

/** Writes workloads to clusters. */
export class WorkloadApplier {
  constructor(
    private readonly connections: Pick<Connections, 'get'>,
    private readonly clock: Clock,
    private readonly person?: Caller,
  ) {}

  /** The same, done in the name of the person who causes it. */
  actingFor(person: Caller | undefined): WorkloadApplier {
    return new WorkloadApplier(this.connections, this.clock, person);
  }

  /** Is what is done there done in the name of a person? */
  async isActing(service: WorkloadService): Promise<boolean> {
    return (await this.#connect(service)).actsAs !== null;
  }

  /** Asks the API server what it thinks of the objects, in the order to apply them. Nothing is changed. */
  async rehearse(service: WorkloadService, objects: readonly KubernetesObject[]): Promise<void> {
    const connection = await this.#connect(service);
    await this.#requireUnclaimed(connection, service, objects);
    for (const object of objects) await applyObject(connection, object, { force: true, dryRun: true });
  }

  /** The objects' present versions. ConflictError when one of them is not of this service. */
  async look(service: WorkloadService, objects: readonly KubernetesObject[]): Promise<Versions> {
    return this.#requireUnclaimed(await this.#connect(service), service, objects);
  }

  /**
   * Applies in the given order, as the only owner of every field in it, each object only in the version that was
   * looked at: OvertakenError when somebody has written one since. So whoever looks first, then reads what is wanted,
   * then applies never puts something older over something newer, however late the request arrives.
   */
  async apply(
    service: WorkloadService,
    objects: readonly KubernetesObject[],
    versions: Versions,
  ): Promise<void> {
    const connection = await this.#connect(service);
    for (const object of objects) {
      try {
        await applyObject(connection, object, { force: true, resourceVersion: versions.get(keyOf(object)) });
      } catch (error) {
        if (isOvertaken(error)) throw new OvertakenError(`${keyOf(object)} was written meanwhile`);
        throw error;
      }
    }
  }

  /** Deletes what earlier specifications wanted and this one does not. */
  async prune(
    service: WorkloadService,
    wanted: readonly KubernetesObject[],
    stillWanted: StillWanted,
  ): Promise<void> {
    const names = new Set(wanted.map(keyOf));
    const isFresh = ({ metadata }: KubernetesObject): boolean =>
      this.clock.now() - Date.parse(metadata?.creationTimestamp ?? '') < keepFilesMilliseconds;
    await this.#deleteAll(
      service,
      prunable,
      (resource, object) =>
        !names.has(`${resource.kind} ${object.metadata?.name}`) &&
        !(resource === resources.configMaps && isFresh(object)),
      stillWanted,
    );
  }

  /** Deletes everything of the service, its data included. */
  async remove(service: WorkloadService): Promise<void> {
    const connection = await this.#connect(service);
    for (const resource of everything) {
      const { items } = await this.#listOwn(connection, service, resource);
      for (const item of items) await this.#delete(connection, service, resource, item);
    }
  }

  /** The cluster's refusal, when the person may not remove the service there. For Meridian itself nothing is asked. */
  async requireRemovable(service: WorkloadService): Promise<void> {
    const connection = await this.#connect(service);
    if (connection.actsAs === null) return;
    for (const resource of everything) {
      const { items } = await this.#listOwn(connection, service, resource);
      for (const item of items) await this.#delete(connection, service, resource, item, { dryRun: true });
    }
  }

  /** Stops what runs and keeps the rest, claims and secrets included. */
  async stop(service: WorkloadService, stillWanted: StillWanted): Promise<void> {
    const running = [resources.horizontalPodAutoscalers, resources.deployments];
    await this.#deleteAll(service, running, () => true, stillWanted);
  }

  /** Something else may have the name: applying over it would take it over silently. */
  async #requireUnclaimed(
    connection: KubernetesConnection,
    service: WorkloadService,
    objects: readonly KubernetesObject[],
  ): Promise<Versions> {
    const versions = new Map<string, string>();
    await Promise.all(
      objects.map(async (object) => {
        const name = object.metadata?.name ?? '';
        const found = await findObject(connection, resourceOf(object), {
          namespace: service.namespace,
          name,
        });
        if (found && serviceIdOf(found) !== service.id) {
          throw new ConflictError(
            `The namespace ${service.namespace} has a ${object.kind} named ${name} that is not of this service: remove it, or name the service differently.`,
          );
        }
        if (found) versions.set(keyOf(object), found.metadata?.resourceVersion ?? '');
      }),
    );
    return versions;
  }

  /**
   * Looks first, then asks whether that is still wanted, then deletes in the versions that it has seen: what another
   * replica has made or written since is left alone.
   */
  async #deleteAll(
    service: WorkloadService,
    kinds: readonly Resource[],
    isUnwanted: (resource: Resource, object: KubernetesObject) => boolean,
    stillWanted: StillWanted,
  ): Promise<void> {
    const connection = await this.#connect(service);
    for (let round = 0; round < maximumDeleteRounds; round += 1) {
      const found = await Promise.all(
        kinds.map(async (resource) => {
          const { items } = await this.#listOwn(connection, service, resource);
          return items
            .filter((item) => isUnwanted(resource, item) && item.metadata?.deletionTimestamp === undefined)
            .map((item) => ({ resource, item }));
        }),
      );
      const unwanted = found.flat();
      if (unwanted.length === 0 || !(await stillWanted())) return;
      let overtaken = false;
      for (const { resource, item } of unwanted) {
        const { uid, resourceVersion } = item.metadata ?? {};
        await this.#delete(connection, service, resource, item, { uid, resourceVersion }).catch((error) => {
          if (!isOvertaken(error)) throw error;
          overtaken = true;
        });
      }
      if (!overtaken) return;
    }
    throw new OvertakenError(`what service ${service.id} no longer wants is written all the time`);
  }

  #connect(service: WorkloadService): Promise<KubernetesConnection> {
    return this.connections.get(service.clusterId, { actingFor: this.person });
  }

  #listOwn(connection: KubernetesConnection, service: WorkloadService, resource: Resource) {
    return listObjects(connection, resource, {
      namespace: service.namespace,
      labelSelector: `${serviceLabel}=${service.id}`,
    });
  }

  async #delete(
    connection: KubernetesConnection,
    service: WorkloadService,
    resource: Resource,
    item: KubernetesObject,
    options: Pick<DeleteOptions, 'dryRun' | 'uid' | 'resourceVersion'> = {},
  ): Promise<void> {
    await deleteObject(
      connection,
      resource,
      { namespace: service.namespace, name: item.metadata?.name ?? '' },
      { propagationPolicy: 'Background', ...options },
    );
  }
}
