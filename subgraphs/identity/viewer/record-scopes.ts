import { BadUserInputError } from '../../shared/errors.js';
import type { Scope } from '../../shared/permissions.js';
import type { PublishedClusterConnections } from '../../shared/published/cluster-connection.js';
import type { PublishedEnvironments } from '../../shared/published/environment.js';
import type { PublishedInstances } from '../../shared/published/instance.js';

/** Which cluster, project and landscape a record of another subgraph belongs to, as far as these publish it. */
export class RecordScopes {
  constructor(
    private readonly environments: PublishedEnvironments,
    private readonly clusters: PublishedClusterConnections,
    private readonly instances: PublishedInstances,
  ) {}

  /** Undefined when there is no such record; throws for kinds whose owner does not publish where they belong. */
  async find(id: string): Promise<Scope | undefined> {
    switch (id.slice(0, id.indexOf('_'))) {
      case 'project':
        return (await this.environments.findProject(id)) && { projectId: id };
      case 'environment':
        return levelsOf(await this.environments.find(id));
      case 'instance':
        return levelsOf(await this.instances.find(id));
      case 'cluster':
        return (await this.clusters.listIds()).includes(id) ? { clusterId: id } : undefined;
      case 'application':
      case 'service':
      case 'deployment':
        throw BadUserInputError.at(
          ['on'],
          'on is an application, service or deployment: ask about its environment or project instead.',
        );
      default:
        return undefined;
    }
  }
}

const levelsOf = (
  record: { clusterId: string; projectId: string; landscapeId: string } | undefined,
): Scope | undefined =>
  record && {
    clusterId: record.clusterId,
    projectId: record.projectId,
    landscapeId: record.landscapeId,
  };
