import { Field, ID, InputType, Int } from 'type-graphql';
import { JsonScalar } from '../../shared/scalars.js';
import { InfrastructureEnum } from '../cluster/cluster.type.js';
import type { Infrastructure } from '../cluster/infrastructure.js';

const idempotencyKey = 'The same key with the same input does the same only once.';
const kubeconfig =
  'A kubeconfig document (YAML or JSON) whose current context holds a token or client certificate. exec, auth-provider, files, proxies and impersonation are refused.';
const server =
  'Address of the API server, such as https://10.0.0.1:6443. With caCertificate and token instead of a kubeconfig.';
const caCertificate =
  'PEM of the authority that signed the server certificate; left out when it is a public one.';
const token = "A service account's token.";
const tlsServerName =
  "The name to expect in the server's certificate when it is not the one in its address. With server; a kubeconfig says it in tls-server-name.";
const insecureSkipTlsVerify =
  'Take any certificate, so that whoever is in between can read and change everything. Needs clusters.skip-verification, is shown as tlsVerified: false, and must be said again with each rotation. Default false.';
const impersonate =
  "Make calls that a person causes in that person's name (meridian:<login>, groups meridian:users and meridian:team:<team>), so that the cluster's own rules and audit log see who acted. Meridian's account needs impersonate on users, groups and uids.";
const dryRun = 'Only look: answer with check and warnings, and keep nothing. Default false.';

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

  @Field(() => String, { nullable: true, description: tlsServerName })
  tlsServerName?: string | null;

  @Field(() => Boolean, { nullable: true, description: insecureSkipTlsVerify })
  insecureSkipTlsVerify?: boolean | null;

  @Field(() => Boolean, { nullable: true, description: dryRun })
  dryRun?: boolean | null;

  @Field(() => Boolean, { nullable: true, description: `${impersonate} Default false.` })
  impersonate?: boolean | null;

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

  @Field(() => Boolean, { nullable: true, description: impersonate })
  impersonate?: boolean | null;

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

  @Field(() => String, { nullable: true, description: tlsServerName })
  tlsServerName?: string | null;

  @Field(() => Boolean, { nullable: true, description: insecureSkipTlsVerify })
  insecureSkipTlsVerify?: boolean | null;

  @Field(() => Boolean, { nullable: true, description: dryRun })
  dryRun?: boolean | null;

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

@InputType({ description: 'A registered cluster to look at now.' })
export class CheckClusterInput {
  @Field(() => ID, { description: 'The cluster.' })
  clusterId: string;
}
