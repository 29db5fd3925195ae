import type { Clock } from '../../shared/clock.js';
import { ConflictError, type ErrorCode, MeridianError } from '../../shared/errors.js';
import { applyObject, deleteObject } from '../../shared/kubernetes/apply.js';
import type { KubernetesConnection } from '../../shared/kubernetes/connection.js';
import type { Connections } from '../../shared/kubernetes/connections.js';
import { statusOf } from '../../shared/kubernetes/errors.js';
import { createObject, findObject, listObjects, mergePatchObject } from '../../shared/kubernetes/objects.js';
import { type Resource, resourceOf, resources, type Secret } from '../../shared/kubernetes/resources.js';
import type { KubernetesObject } from '../../shared/kubernetes/wire.js';
import type { SecretValue } from '../service/spec-merge.js';
import { applicationLabel, managedBy, nameLabel, serviceIdOf, serviceLabel } from './labels.js';

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

/** Pods of an older template may still start with the files that they were made with. */
const keepFilesMilliseconds = 3_600_000;

/** Removed when a specification no longer wants them. Claims are not: they hold data. */
const prunable: readonly Resource[] = [resources.services, resources.ingresses, resources.configMaps];
const everything: readonly Resource[] = [
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
  ) {}

  /** Applies in the given order, as the only owner of every field in it. A dry run changes nothing. */
  async apply(
    service: WorkloadService,
    objects: readonly KubernetesObject[],
    options: { dryRun?: boolean } = {},
  ): Promise<void> {
    const connection = await this.connections.get(service.clusterId);
    await this.#requireUnclaimed(connection, service, objects);
    for (const object of objects) {
      await applyObject(connection, object, { force: true, dryRun: options.dryRun ?? false });
    }
  }

  /** Deletes what earlier specifications wanted and this one does not. */
  async prune(service: WorkloadService, wanted: readonly KubernetesObject[]): Promise<void> {
    const connection = await this.connections.get(service.clusterId);
    const isWanted = (resource: Resource, object: KubernetesObject): boolean =>
      wanted.some(({ kind, metadata }) => kind === resource.kind && metadata?.name === object.metadata?.name);
    const isFresh = ({ metadata }: KubernetesObject): boolean =>
      this.clock.now() - Date.parse(metadata?.creationTimestamp ?? '') < keepFilesMilliseconds;
    for (const resource of prunable) {
      const { items } = await this.#listOwn(connection, service, resource);
      for (const item of items) {
        if (isWanted(resource, item) || (resource === resources.configMaps && isFresh(item))) continue;
        await this.#delete(connection, service, resource, item);
      }
    }
  }

  /** Deletes everything of the service, its data included. */
  async remove(service: WorkloadService): Promise<void> {
    const connection = await this.connections.get(service.clusterId);
    for (const resource of everything) {
      const { items } = await this.#listOwn(connection, service, resource);
      for (const item of items) await this.#delete(connection, service, resource, item);
    }
  }

  /** Stops what runs and keeps the rest, claims and secrets included. */
  async stop(service: WorkloadService): Promise<void> {
    const connection = await this.connections.get(service.clusterId);
    const reference = { namespace: service.namespace, name: service.name };
    const found = await findObject(connection, resources.deployments, reference);
    if (found && serviceIdOf(found) === service.id) {
      await this.#delete(connection, service, resources.deployments, found);
    }
  }

  /** Adds values to the service's Secret; those there already stay, because older deployments refer to them. */
  async addSecrets(service: WorkloadService, name: string, values: readonly SecretValue[]): Promise<void> {
    if (values.length === 0) return;
    const connection = await this.connections.get(service.clusterId);
    const data = Object.fromEntries(
      values.map(({ key, value }) => [key, Buffer.from(value).toString('base64')]),
    );
    const secret: Secret = {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: {
        name,
        namespace: service.namespace,
        labels: {
          [managedBy]: 'meridian',
          [nameLabel]: service.name,
          [serviceLabel]: service.id,
          [applicationLabel]: service.applicationId,
        },
      },
      type: 'Opaque',
      data,
    };
    try {
      await createObject(connection, resources.secrets, secret);
    } catch (error) {
      if (statusOf(error)?.reason !== 'AlreadyExists') throw error;
      await this.#requireUnclaimed(connection, service, [secret]);
      await mergePatchObject(connection, resources.secrets, { namespace: service.namespace, name }, { data });
    }
  }

  /** The values under these keys of the service's Secret, to copy them to another environment. */
  async readSecrets(service: WorkloadService, name: string, keys: readonly string[]): Promise<SecretValue[]> {
    if (keys.length === 0) return [];
    const connection = await this.connections.get(service.clusterId);
    const secret = await findObject(connection, resources.secrets, { namespace: service.namespace, name });
    return keys.flatMap((key) => {
      const value = secret?.data?.[key];
      return value === undefined ? [] : [{ key, value: Buffer.from(value, 'base64').toString() }];
    });
  }

  /** Something else may have the name: applying over it would take it over silently. */
  async #requireUnclaimed(
    connection: KubernetesConnection,
    service: WorkloadService,
    objects: readonly KubernetesObject[],
  ): Promise<void> {
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
      }),
    );
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
  ): Promise<void> {
    await deleteObject(
      connection,
      resource,
      { namespace: service.namespace, name: item.metadata?.name ?? '' },
      { propagationPolicy: 'Background' },
    );
  }
}
