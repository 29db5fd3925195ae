import type { PublishedReader } from './reader.js';

/** A row of the view `marketplace.published_instance`: where an instance listens and what a binding injects. */
export interface PublishedInstance {
  readonly id: string;
  readonly name: string;
  readonly environmentId: string;
  readonly projectId: string;
  readonly landscapeId: string;
  readonly clusterId: string;
  readonly namespace: string;
  readonly offering: string;
  /** Kubernetes Secret in the same namespace that holds the credentials. */
  readonly credentialsSecret: string;
  /** Which environment variable (without the binding's prefix) comes from which key of the Secret. */
  readonly variables: readonly { readonly name: string; readonly key: string }[];
  /** Labels of the instance's pods. */
  readonly podLabels: Readonly<Record<string, string>>;
}

export class PublishedInstances {
  constructor(private readonly reader: PublishedReader) {}

  async listByIds(ids: readonly string[]): Promise<PublishedInstance[]> {
    return this.reader.query<PublishedInstance>(
      `SELECT id, name, environment_id AS "environmentId", project_id AS "projectId", landscape_id AS "landscapeId",
              cluster_id AS "clusterId", namespace, offering, credentials_secret AS "credentialsSecret",
              variables, pod_labels AS "podLabels"
       FROM marketplace.published_instance WHERE id = ANY($1) ORDER BY id`,
      [ids],
    );
  }

  async find(id: string): Promise<PublishedInstance | undefined> {
    return (await this.listByIds([id]))[0];
  }
}
