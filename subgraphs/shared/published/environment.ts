import type { PublishedReader } from './reader.js';

/** A row of the view `projects.published_environment`: which namespace of which cluster an environment is. */
export interface PublishedEnvironment {
  readonly id: string;
  readonly projectId: string;
  readonly projectName: string;
  readonly landscapeId: string;
  readonly landscapeName: string;
  readonly production: boolean;
  readonly clusterId: string;
  readonly namespace: string;
}

/**
 * Published by projects as `projects.published_environment (id, project_id, project_name, landscape_id, landscape_name,
 * production, cluster_id, namespace)`, and `projects.published_project (id, name)`.
 */
export class PublishedEnvironments {
  constructor(private readonly reader: PublishedReader) {}

  async listByIds(ids: readonly string[]): Promise<PublishedEnvironment[]> {
    return this.#list('WHERE id = ANY($1)', [ids]);
  }

  async find(id: string): Promise<PublishedEnvironment | undefined> {
    return (await this.listByIds([id]))[0];
  }

  async listByCluster(clusterId: string): Promise<PublishedEnvironment[]> {
    return this.#list('WHERE cluster_id = $1', [clusterId]);
  }

  async listByProjects(projectIds: readonly string[]): Promise<PublishedEnvironment[]> {
    return this.#list('WHERE project_id = ANY($1)', [projectIds]);
  }

  async listAll(): Promise<PublishedEnvironment[]> {
    return this.#list('', []);
  }

  /** The project of this id, to attach applications to. */
  async findProject(id: string): Promise<{ id: string; name: string } | undefined> {
    const rows = await this.reader.query<{ id: string; name: string }>(
      'SELECT id, name FROM projects.published_project WHERE id = $1',
      [id],
    );
    return rows[0];
  }

  #list(where: string, values: unknown[]): Promise<PublishedEnvironment[]> {
    return this.reader.query<PublishedEnvironment>(
      `SELECT id, project_id AS "projectId", project_name AS "projectName", landscape_id AS "landscapeId",
              landscape_name AS "landscapeName", production, cluster_id AS "clusterId", namespace
       FROM projects.published_environment ${where} ORDER BY id`,
      values,
    );
  }
}
