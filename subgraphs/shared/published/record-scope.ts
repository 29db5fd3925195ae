import { type IdKind, isId } from '../ids.js';
import type { Scope } from '../permission-scope.js';
import type { SubgraphName } from '../subgraph.js';
import type { PublishedReader } from './reader.js';

const owners = {
  cluster: 'clusters',
  landscape: 'projects',
  project: 'projects',
  environment: 'projects',
  application: 'deployments',
  service: 'deployments',
  deployment: 'deployments',
  instance: 'marketplace',
} as const satisfies Partial<Record<IdKind, SubgraphName>>;

/** Kinds of record that data permissions are about. */
export type RecordKind = keyof typeof owners;

const recordKinds = Object.keys(owners) as RecordKind[];

/** Of what kind a record of this id would be; undefined for what is no id of these kinds. */
export const recordKindOf = (id: string): RecordKind | undefined =>
  recordKinds.find((kind) => isId(kind, id));

export interface PublishedRecord {
  readonly id: string;
  readonly kind: RecordKind;
  /** Itself included: a project's scope names the project. */
  readonly scope: Scope;
}

/**
 * Which records there are, and what each belongs to. Published by clusters, projects, deployments and marketplace, each
 * as `<schema>.published_record (id, cluster_id, project_id, landscape_id, application_id)`; a level that a kind of
 * record does not have is null.
 */
export class PublishedRecordScopes {
  constructor(private readonly reader: PublishedReader) {}

  /** Undefined when there is no such record, and for what is no id of these kinds. */
  async find(id: string): Promise<PublishedRecord | undefined> {
    const kind = recordKindOf(id);
    if (!kind) return undefined;
    const [scope] = await this.reader.query<Scope>(
      `SELECT cluster_id AS "clusterId", project_id AS "projectId", landscape_id AS "landscapeId",
              application_id AS "applicationId"
       FROM ${owners[kind]}.published_record WHERE id = $1`,
      [id],
    );
    return scope && { id, kind, scope };
  }
}
