import { Field, ID, InputType, Int, ObjectType } from 'type-graphql';
import { Permission } from '../../shared/federated-schema.js';
import { JsonScalar } from '../../shared/scalars.js';
import { MutationPayload } from '../../shared/shared-types.js';
import { Cluster, InfrastructureEnum } from '../cluster/cluster.type.js';
import type { Infrastructure } from '../cluster/infrastructure.js';

const idempotencyKey = 'The same key with the same input does the same only once.';
const kubeconfig =
  'A kubeconfig document (YAML or JSON) whose current context holds a token or client certificate. exec, auth-provider, files and proxies are refused.';
const server =
  'Address of the API server, such as https://10.0.0.1:6443. With caCertificate and token instead of a kubeconfig.';
const caCertificate =
  'PEM of the authority that signed the server certificate; left out when it is a public one.';
const token = "A service account's token.";

@InputType({ description: 'A cluster to register: a kubeconfig, or server with caCertificate and token.' })
export class RegisterClusterInput {
  @Field({ description: 'RFC 1123 label, unique among registered clusters.' })
  name: string;

  @Field(() => String, { nullable: true, description: 'What people call it. Default: the name.' })
  displayName?: string | null;

  @Field(() => InfrastructureEnum, { description: 'What it runs on.' })
  infrastructure: Infrastructure;

  @Field(() => String, { nullable: true, description: 'Data centre or region.' })
  location?: string | null;

  @Field(() => String, { nullable: true, description: kubeconfig })
  kubeconfig?: string | null;

  @Field(() => String, { nullable: true, description: server })
  server?: string | null;

  @Field(() => String, { nullable: true, description: caCertificate })
  caCertificate?: string | null;

  @Field(() => String, { nullable: true, description: token })
  token?: string | null;

  @Field(() => String, { nullable: true, description: 'Public HTTP routes get host names below it.' })
  ingressDomain?: string | null;

  @Field(() => JsonScalar, { nullable: true, description: 'An object of text by name, at most 64.' })
  labels?: unknown;

  @Field(() => String, { nullable: true, description: idempotencyKey })
  idempotencyKey?: string | null;
}

@InputType({
  description: 'What to change on a cluster; what is left out stays. Credentials: rotateClusterCredentials.',
})
export class UpdateClusterInput {
  @Field(() => ID, { description: 'The cluster.' })
  clusterId: string;

  @Field(() => String, { nullable: true, description: 'What people call it.' })
  displayName?: string | null;

  @Field(() => InfrastructureEnum, { nullable: true, description: 'What it runs on.' })
  infrastructure?: Infrastructure | null;

  @Field(() => String, { nullable: true, description: 'Data centre or region; null removes it.' })
  location?: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'Public HTTP routes get host names below it; null removes it.',
  })
  ingressDomain?: string | null;

  @Field(() => JsonScalar, { nullable: true, description: 'All labels: they replace those that are there.' })
  labels?: unknown;

  @Field(() => Int, {
    nullable: true,
    description:
      'The version that was read: when the cluster has changed since, this is refused as CONFLICT.',
  })
  version?: number | null;

  @Field(() => String, { nullable: true, description: idempotencyKey })
  idempotencyKey?: string | null;
}

@InputType({
  description:
    'New credentials: a kubeconfig; or token, with server (and caCertificate) when the address changes. Checked before the old ones are replaced.',
})
export class RotateClusterCredentialsInput {
  @Field(() => ID, { description: 'The cluster.' })
  clusterId: string;

  @Field(() => String, { nullable: true, description: kubeconfig })
  kubeconfig?: string | null;

  @Field(() => String, {
    nullable: true,
    description: `${server} Left out: it stays. A new one needs a token too.`,
  })
  server?: string | null;

  @Field(() => String, {
    nullable: true,
    description: `${caCertificate} Without a server, what is left out stays.`,
  })
  caCertificate?: string | null;

  @Field(() => String, { nullable: true, description: token })
  token?: string | null;

  @Field(() => String, { nullable: true, description: idempotencyKey })
  idempotencyKey?: string | null;
}

@InputType({ description: 'A cluster to unregister. Nothing is changed in the cluster itself.' })
export class UnregisterClusterInput {
  @Field(() => ID, { description: 'The cluster.' })
  clusterId: string;

  @Field(() => Boolean, {
    nullable: true,
    description:
      'Also when there are environments on it, which can then not be reached any more. Default false.',
  })
  force?: boolean | null;

  @Field(() => String, { nullable: true, description: idempotencyKey })
  idempotencyKey?: string | null;
}

@ObjectType({ description: 'Result of registerCluster.' })
@Permission('clusters.register')
export class RegisterClusterPayload extends MutationPayload {
  @Field(() => Cluster, { nullable: true, description: 'The registered cluster; null when refused.' })
  cluster?: Cluster | null;
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
  @Field(() => Cluster, { nullable: true, description: 'The cluster; null when refused.' })
  cluster?: Cluster | null;
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
