import type { PublishedReader } from './reader.js';

/** A row of the view `clusters.published_connection`: how to reach a cluster, and what a workload builder must know of it. */
export interface ClusterConnection {
  readonly id: string;
  readonly name: string;
  /** As written by kubernetes/credentials.ts. */
  readonly encryptedCredentials: string;
  /** Public HTTP routes get a host name below it; null when the cluster has none. */
  readonly ingressDomain: string | null;
  /** Calls that a person causes are made in that person's name. */
  readonly impersonate: boolean;
}

/**
 * Published by clusters as
 * `clusters.published_connection (id, name, encrypted_credentials text, ingress_domain, impersonate boolean)`.
 */
export class PublishedClusterConnections {
  constructor(private readonly reader: PublishedReader) {}

  async find(clusterId: string): Promise<ClusterConnection | undefined> {
    const rows = await this.reader.query<ClusterConnection>(
      `SELECT id, name, encrypted_credentials AS "encryptedCredentials", ingress_domain AS "ingressDomain",
              impersonate
       FROM clusters.published_connection WHERE id = $1`,
      [clusterId],
    );
    return rows[0];
  }

  /** Ids of the clusters with this name, or of all: a short list. */
  async listIds(): Promise<string[]> {
    const rows = await this.reader.query<{ id: string }>(
      'SELECT id FROM clusters.published_connection ORDER BY id',
      [],
    );
    return rows.map((row) => row.id);
  }
}
