import { stringify } from 'yaml';
import type { Caller } from '../../shared/caller.js';
import type { EnvironmentService } from '../environment/environment.service.js';
import type { LandscapeService } from '../landscape/landscape.service.js';
import type { ProjectEntity } from './project.entity.js';

/** A project as code. */
export class ProjectDocumentService {
  constructor(
    private readonly environments: Pick<EnvironmentService, 'mapByProjects'>,
    private readonly landscapes: Pick<LandscapeService, 'mapByIds'>,
    private readonly clusters: { find(clusterId: string): Promise<{ name: string } | undefined> },
  ) {}

  /** YAML, with the environments that the caller may see. The same project gives the same text. */
  async write(
    caller: Caller,
    project: Pick<ProjectEntity, 'id' | 'name' | 'displayName' | 'description'>,
  ): Promise<string> {
    const environments = (await this.environments.mapByProjects(caller, [project.id])).get(project.id) ?? [];
    const landscapes = await this.landscapes.mapByIds(
      caller,
      environments.map(({ landscapeId }) => landscapeId),
    );
    const clusterNames = new Map<string, string>();
    for (const clusterId of new Set(environments.map((environment) => environment.clusterId))) {
      // A cluster that was unregistered has lost its name.
      clusterNames.set(clusterId, (await this.clusters.find(clusterId))?.name ?? clusterId);
    }
    const entries = environments
      .map(({ landscapeId, clusterId, quota }) => ({
        order: landscapes.get(landscapeId)?.order ?? 0,
        landscape: landscapes.get(landscapeId)?.name ?? landscapeId,
        cluster: clusterNames.get(clusterId) ?? clusterId,
        // The database keeps no order of fields.
        quota: {
          cpu: quota.cpu,
          memory: quota.memory,
          pods: quota.pods,
          storage: quota.storage,
          services: quota.services,
        },
      }))
      .sort((a, b) => a.order - b.order || (a.cluster < b.cluster ? -1 : 1));
    return stringify({
      apiVersion: 'meridian.dev/v1',
      kind: 'Project',
      name: project.name,
      displayName: project.displayName,
      ...(project.description === null ? {} : { description: project.description }),
      environments: entries.map(({ landscape, cluster, quota }) => ({
        landscape,
        cluster,
        quota,
      })),
    });
  }
}
