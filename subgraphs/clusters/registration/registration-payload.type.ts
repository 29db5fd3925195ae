import { Field, Float, ObjectType } from 'type-graphql';
import { Permission } from '../../shared/federated-schema.js';
import { MutationPayload } from '../../shared/shared-types.js';
import { Cluster, ClusterProblemEnum } from '../cluster/cluster.type.js';
import type { ClusterProblem } from '../status/cluster-problem.js';
import { ClusterWarning } from './cluster-warning.type.js';
import { oldestSupportedVersion } from './supported-version.js';

@ObjectType({ description: 'What a look at a cluster found.' })
@Permission('clusters.update')
export class ClusterCheck {
  @Field(() => ClusterProblemEnum, {
    nullable: true,
    description: 'Why it can not be used; null when it can.',
  })
  problem: ClusterProblem | null;

  @Field(() => String, { nullable: true, description: 'The same for a person.' })
  message: string | null;

  @Field(() => String, {
    nullable: true,
    description: `As the cluster says; null when it did not come to that. The oldest supported is ${oldestSupportedVersion}.`,
  })
  kubernetesVersion: string | null;

  @Field(() => String, {
    nullable: true,
    description:
      'Who the cluster takes the credentials for, such as system:serviceaccount:meridian:meridian; null when it does not say (before Kubernetes 1.28).',
  })
  account: string | null;

  @Field(() => Float, { nullable: true, description: 'How long the first answer took, in milliseconds.' })
  latencyMs: number | null;
}

const checkDescription =
  'What the look at the cluster found, also when the cluster was refused for it; null when it was not looked at.';
const warningsDescription =
  'What will work only in part, such as features for which the account lacks rights; null when refused.';

@ObjectType({ description: 'Result of registerCluster.' })
@Permission('clusters.register')
export class RegisterClusterPayload extends MutationPayload {
  @Field(() => Cluster, {
    nullable: true,
    description: 'The registered cluster; null when refused, and after a dry run.',
  })
  cluster?: Cluster | null;

  @Field(() => ClusterCheck, { nullable: true, description: checkDescription })
  check?: ClusterCheck | null;

  @Field(() => [ClusterWarning], { nullable: true, description: warningsDescription })
  warnings?: readonly ClusterWarning[] | null;
}

@ObjectType({ description: 'Result of updateCluster.' })
@Permission('clusters.update')
export class UpdateClusterPayload extends MutationPayload {
  @Field(() => Cluster, { nullable: true, description: 'The changed cluster; null when refused.' })
  cluster?: Cluster | null;
}

@ObjectType({ description: 'Result of rotateClusterCredentials.' })
@Permission('clusters.update')
export class RotateClusterCredentialsPayload extends MutationPayload {
  @Field(() => Cluster, {
    nullable: true,
    description: 'The cluster, unchanged after a dry run; null when refused.',
  })
  cluster?: Cluster | null;

  @Field(() => ClusterCheck, { nullable: true, description: checkDescription })
  check?: ClusterCheck | null;

  @Field(() => [ClusterWarning], { nullable: true, description: warningsDescription })
  warnings?: readonly ClusterWarning[] | null;
}

@ObjectType({ description: 'Result of unregisterCluster.' })
@Permission('clusters.unregister')
export class UnregisterClusterPayload extends MutationPayload {
  @Field(() => Cluster, {
    nullable: true,
    description: 'The cluster as it was; null when refused.',
  })
  cluster?: Cluster | null;
}

@ObjectType({ description: 'Result of checkCluster.' })
@Permission('clusters.update')
export class CheckClusterPayload extends MutationPayload {
  @Field(() => Cluster, { nullable: true, description: 'The cluster; null when refused.' })
  cluster?: Cluster | null;

  @Field(() => ClusterCheck, {
    nullable: true,
    description: 'What was found; a problem is part of the answer, not a refusal. Null when refused.',
  })
  check?: ClusterCheck | null;

  @Field(() => [ClusterWarning], {
    nullable: true,
    description: 'What works only in part; empty when the cluster could not be asked. Null when refused.',
  })
  warnings?: readonly ClusterWarning[] | null;
}
