import { Field, Float, ID, Int, ObjectType, registerEnumType } from 'type-graphql';
import { Entity, Permission } from '../../shared/federated-schema.js';
import { type ObservationView, observationOf } from '../../shared/observation.type.js';
import { connectionOf } from '../../shared/pagination.js';
import { DateTimeScalar, JsonScalar } from '../../shared/scalars.js';
import { ClusterWarning } from '../registration/cluster-warning.type.js';
import { type ClusterProblem, clusterProblems } from '../status/cluster-problem.js';
import { type ClusterStatus, clusterStatuses } from '../status/cluster-state.js';
import { described, namesOf } from './described-enum.js';
import { type Infrastructure, infrastructures } from './infrastructure.js';

export const InfrastructureEnum = namesOf(infrastructures);
export const ClusterProblemEnum = namesOf(clusterProblems);
export const ClusterStatusEnum = namesOf(clusterStatuses);

registerEnumType(InfrastructureEnum, {
  name: 'Infrastructure',
  description: 'What a cluster runs on.',
  valuesConfig: described(infrastructures),
});
registerEnumType(ClusterProblemEnum, {
  name: 'ClusterProblem',
  description: 'What is wrong with a cluster.',
  valuesConfig: described(clusterProblems),
});
registerEnumType(ClusterStatusEnum, {
  name: 'ClusterStatus',
  description: 'How a cluster is, as Meridian last saw it.',
  valuesConfig: described(clusterStatuses),
});

export const Observation = observationOf(() => Cluster);
export type Observation = ObservationView;

@ObjectType({ description: 'A Kubernetes cluster on any infrastructure, in a data centre or region.' })
@Entity()
@Permission('clusters.read')
export class Cluster {
  @Field(() => ID, { description: 'Global id.' })
  id: string;

  @Field({ description: 'RFC 1123 label, unique among registered clusters.' })
  name: string;

  @Field({ description: 'What people call it.' })
  displayName: string;

  @Field(() => InfrastructureEnum, { description: 'What it runs on.' })
  infrastructure: Infrastructure;

  @Field(() => String, { nullable: true, description: 'Data centre or region.' })
  location: string | null;

  @Field(() => JsonScalar, { description: "Labels of the operator's choice: an object of text by name." })
  labels: Record<string, string>;

  @Field(() => String, {
    nullable: true,
    description: 'Public HTTP routes get host names below it; null when there are none.',
  })
  ingressDomain: string | null;

  @Field(() => ClusterStatusEnum, { description: 'How it was when last asked, some seconds ago.' })
  status: ClusterStatus;

  @Field(() => String, { nullable: true, description: 'Why it is not READY, for a person; null when it is.' })
  statusReason: string | null;

  @Field(() => ClusterProblemEnum, {
    nullable: true,
    description: 'What is wrong with it, in one word; null while it is READY or was not asked yet.',
  })
  problem: ClusterProblem | null;

  @Field(() => DateTimeScalar, {
    nullable: true,
    description: 'When it last answered; null when it has not since Meridian started.',
  })
  lastSeenAt: Date | null;

  @Field(() => Float, {
    nullable: true,
    description: 'How long the last answer took, in milliseconds; null while it does not answer.',
  })
  latencyMs: number | null;

  @Field(() => String, {
    nullable: true,
    description: 'As the cluster says, such as v1.36.2; the last one known while it does not answer.',
  })
  kubernetesVersion: string | null;

  @Field(() => Observation, {
    description:
      'How fresh what is read from the cluster is: nodes, storage classes, capacity, allocatable and requested. What was never read is empty or 0.',
  })
  observed: Observation;

  @Field({
    description:
      "Is the server's certificate verified on every connection? False for plain http, and where somebody with clusters.skip-verification said insecureSkipTlsVerify.",
  })
  tlsVerified: boolean;

  @Field({
    description:
      "Are calls that a person causes made in that person's name, by impersonation, so that the cluster's own rules and audit log see who acted?",
  })
  impersonate: boolean;

  @Field(() => [ClusterWarning], {
    description:
      'What Meridian may not do there, by SelfSubjectAccessReview when it was last checked: at registration, with new credentials, by checkCluster, and every some hours. Empty when all is allowed, or it was never checked.',
  })
  permissionWarnings: readonly ClusterWarning[];

  @Field(() => DateTimeScalar, {
    nullable: true,
    description: 'When the cluster was last asked what Meridian may do there; null when it never was.',
  })
  permissionsCheckedAt: Date | null;

  @Field(() => Int, {
    description: 'Raised by each change; give it to updateCluster to notice changes of others.',
  })
  version: number;

  @Field(() => DateTimeScalar, { description: 'When it was registered.' })
  createdAt: Date;

  @Field(() => DateTimeScalar, { description: 'When its record was last changed.' })
  updatedAt: Date;
}

export const ClusterConnection = connectionOf(Cluster, 'Cluster', 'clusters.read');
