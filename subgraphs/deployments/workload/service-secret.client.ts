import type { Caller } from '../../shared/caller.js';
import { ConflictError } from '../../shared/errors.js';
import type { Connections } from '../../shared/kubernetes/connections.js';
import { statusOf } from '../../shared/kubernetes/errors.js';
import { createObject, findObject, mergePatchObject } from '../../shared/kubernetes/objects.js';
import { resources, type Secret } from '../../shared/kubernetes/resources.js';
import type { SecretValue } from '../service/spec-merge.js';
import { applicationLabel, managedBy, nameLabel, serviceIdOf, serviceLabel } from './labels.js';
import type { WorkloadService } from './workload.applier.js';

/** The Secret that holds a service's secret values, each under a key that is never used again. In a person's name. */
export class ServiceSecretClient {
  constructor(private readonly connections: Pick<Connections, 'get'>) {}

  /** By key; undefined when there is no Secret. ConflictError when it is somebody else's. */
  async find(
    person: Caller,
    service: WorkloadService,
    name: string,
  ): Promise<ReadonlyMap<string, Buffer> | undefined> {
    const connection = await this.connections.get(service.clusterId, { actingFor: person });
    const secret = await findObject(connection, resources.secrets, { namespace: service.namespace, name });
    if (!secret) return undefined;
    // Something else may have the name: writing to it would take it over silently.
    if (serviceIdOf(secret) !== service.id) {
      throw new ConflictError(
        `The namespace ${service.namespace} has a Secret named ${name} that is not of this service: remove it, or name the service differently.`,
      );
    }
    return new Map(
      Object.entries(secret.data ?? {}).map(([key, value]) => [key, Buffer.from(value, 'base64')]),
    );
  }

  /** False when somebody else was first. */
  async create(
    person: Caller,
    service: WorkloadService,
    name: string,
    values: readonly SecretValue[],
  ): Promise<boolean> {
    const connection = await this.connections.get(service.clusterId, { actingFor: person });
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
      data: encoded(values),
    };
    try {
      await createObject(connection, resources.secrets, secret);
      return true;
    } catch (error) {
      if (statusOf(error)?.reason === 'AlreadyExists') return false;
      throw error;
    }
  }

  /** Adds values and forgets keys in one step. */
  async change(
    person: Caller,
    service: WorkloadService,
    name: string,
    { add, forget }: { readonly add: readonly SecretValue[]; readonly forget: readonly string[] },
  ): Promise<void> {
    const connection = await this.connections.get(service.clusterId, { actingFor: person });
    await mergePatchObject(
      connection,
      resources.secrets,
      { namespace: service.namespace, name },
      {
        data: { ...Object.fromEntries(forget.map((key) => [key, null])), ...encoded(add) },
      },
    );
  }
}

const encoded = (values: readonly SecretValue[]): Record<string, string> =>
  Object.fromEntries(values.map(({ key, value }) => [key, Buffer.from(value).toString('base64')]));
