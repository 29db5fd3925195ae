import type { Caller } from '../../shared/caller.js';
import { NotFoundError } from '../../shared/errors.js';
import { applyObject, deleteObject } from '../../shared/kubernetes/apply.js';
import type { KubernetesConnection } from '../../shared/kubernetes/connection.js';
import type { Connections } from '../../shared/kubernetes/connections.js';
import { createObject, findObject } from '../../shared/kubernetes/objects.js';
import { resources } from '../../shared/kubernetes/resources.js';
import {
  type NamespaceOwner,
  ownerOf,
  type Placed,
  toLimitRange,
  toNamespace,
  toResourceQuota,
} from './environment.mapper.js';

export interface PlacedOnCluster extends Placed {
  readonly clusterId: string;
}

/** What an environment is in its cluster: a namespace, its quota, and default requests. */
export class EnvironmentClient {
  constructor(
    private readonly connections: Pick<Connections, 'get'>,
    private readonly person?: Caller,
  ) {}

  /** The same, done in the name of the person who causes it. */
  actingFor(person: Caller): EnvironmentClient {
    return new EnvironmentClient(this.connections, person);
  }

  async findOwner(
    environment: Pick<PlacedOnCluster, 'clusterId' | 'namespace'>,
  ): Promise<NamespaceOwner | undefined> {
    const connection = await this.#connect(environment);
    const found = await findObject(connection, resources.namespaces, { name: environment.namespace });
    return found && ownerOf(found);
  }

  /** ConflictError when the name is taken: a namespace of somebody else is never taken over. */
  async createNamespace(environment: PlacedOnCluster): Promise<void> {
    const connection = await this.#connect(environment);
    await createObject(connection, resources.namespaces, toNamespace(environment));
  }

  /** For a namespace that was judged to be the environment's. */
  async applyNamespace(environment: PlacedOnCluster): Promise<void> {
    const connection = await this.#connect(environment);
    await applyObject(connection, toNamespace(environment), { force: true });
  }

  /** Has the cluster judge a quota; nothing is changed. */
  async tryQuota(environment: PlacedOnCluster): Promise<void> {
    const connection = await this.#connect(environment);
    await applyObject(connection, toResourceQuota(environment), { force: true, dryRun: true });
  }

  /** Makes quota and default requests what the environment says. */
  async applyQuota(environment: PlacedOnCluster): Promise<void> {
    const connection = await this.#connect(environment);
    await applyObject(connection, toResourceQuota(environment), { force: true });
    await applyObject(connection, toLimitRange(environment), { force: true });
  }

  /**
   * Starts deleting the namespace with everything in it; true when it is gone. One that belongs to somebody else, or
   * has taken the name since, counts as gone and is left alone.
   */
  async deleteNamespace(environment: PlacedOnCluster): Promise<boolean> {
    const owner = await this.findOwner(environment);
    if (owner?.environmentId !== environment.id) return true;
    if (owner.terminating) return false;
    const connection = await this.#connect(environment);
    await deleteObject(connection, resources.namespaces, { name: environment.namespace }, { uid: owner.uid });
    return false;
  }

  /** The cluster's refusal, when the person may not delete the namespace there. For Meridian itself nothing is asked. */
  async requireDeletable(environment: PlacedOnCluster): Promise<void> {
    const connection = await this.#connect(environment).catch((error: unknown) => {
      // The cluster was unregistered: nothing of the environment can be reached any more.
      if (error instanceof NotFoundError) return undefined;
      throw error;
    });
    if (!connection || connection.actsAs === null) return;
    await deleteObject(connection, resources.namespaces, { name: environment.namespace }, { dryRun: true });
  }

  #connect({ clusterId }: Pick<PlacedOnCluster, 'clusterId'>): Promise<KubernetesConnection> {
    return this.connections.get(clusterId, { actingFor: this.person });
  }
}
