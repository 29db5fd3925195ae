import type { Clock } from '../../shared/clock.js';
import { BadUserInputError, MeridianError } from '../../shared/errors.js';
import { serverPath } from '../../shared/kubernetes/api-path.js';
import type { KubernetesConnection } from '../../shared/kubernetes/connection.js';
import type { Connections } from '../../shared/kubernetes/connections.js';
import { statusOf } from '../../shared/kubernetes/errors.js';
import { publicText } from '../../shared/kubernetes/public-text.js';
import { collectionPath, resources } from '../../shared/kubernetes/resources.js';
import { type ClusterProblem, problemOf } from '../status/cluster-problem.js';
import { reviewAccount, reviewRights } from './access-review.client.js';
import { lacks, type RightsAnswer } from './cluster-warning.js';
import type { GivenCredentials } from './credentials-input.js';
import { rightsFor } from './required-rights.js';
import { judgeVersion, oldestSupportedVersion } from './supported-version.js';

/** What a look at a cluster found out. */
export interface ClusterFindings {
  readonly kubernetesVersion: string | null;
  /** Who the cluster takes the credentials for; null when it does not say. */
  readonly account: string | null;
  readonly latencyMs: number | null;
}

/** What was found, and what is wrong with the cluster: null when nothing is. */
export interface ClusterReport extends ClusterFindings {
  readonly problem: ClusterProblem | null;
  readonly message: string | null;
}

/** A usable cluster, and which rights Meridian's account lacks in it. */
export interface UsableCluster extends ClusterFindings {
  readonly kubernetesVersion: string;
  readonly rights: RightsAnswer;
}

/** A cluster can't be used: the input's fault, told at its field and, for programs, in the payload's `check`. */
export class ClusterRefusedError extends BadUserInputError {
  readonly report: ClusterReport;
  constructor(
    problem: ClusterProblem,
    field: readonly string[],
    message: string,
    findings: Partial<ClusterFindings> = {},
  ) {
    super([{ field, message }], { check: reportOfProblem(problem, message, findings) });
    this.report = reportOfProblem(problem, message, findings);
  }
}

const reportOfProblem = (
  problem: ClusterProblem,
  message: string,
  { kubernetesVersion = null, account = null, latencyMs = null }: Partial<ClusterFindings>,
): ClusterReport => ({ kubernetesVersion, account, latencyMs, problem, message });

/** What a call found before something went wrong. */
class Refusal extends Error {
  constructor(
    readonly problem: ClusterProblem,
    message: string,
  ) {
    super(message);
  }
}

const versionDeadlineMs = 5_000;

/** Looks at a cluster: does it answer, is it who it should be, and what may Meridian do there? */
export class ClusterCheckClient {
  constructor(
    private readonly connections: Pick<Connections, 'probe' | 'get'>,
    private readonly clock: Pick<Clock, 'now'>,
  ) {}

  /** With credentials that are not kept yet. Throws ClusterRefusedError when the cluster can't be used with them. */
  async requireUsable(
    { credentials, field }: GivenCredentials,
    cluster: { readonly id: string; readonly name: string },
    options: { readonly impersonate: boolean },
  ): Promise<UsableCluster> {
    const found: Partial<ClusterFindings> = {};
    try {
      return await this.connections.probe(
        credentials,
        { clusterId: cluster.id, clusterName: cluster.name, field },
        async (connection) => {
          const usable = await this.#look(connection, options, found);
          await requireSomeRights(connection, usable.rights, options);
          return usable;
        },
      );
    } catch (error) {
      throw refused(error, field, found);
    }
  }

  /** With those that are in use. Throws ClusterRefusedError when they can't be used any more; lost rights are told. */
  async lookAgain(clusterId: string, options: { readonly impersonate: boolean }): Promise<UsableCluster> {
    const found: Partial<ClusterFindings> = {};
    try {
      return await this.#look(await this.connections.get(clusterId), options, found);
    } catch (error) {
      throw refused(error, ['input', 'clusterId'], found);
    }
  }

  async #look(
    connection: KubernetesConnection,
    options: { readonly impersonate: boolean },
    found: { -readonly [K in keyof ClusterFindings]?: ClusterFindings[K] },
  ): Promise<UsableCluster> {
    const startedAt = this.clock.now();
    const kubernetesVersion = await requireVersion(connection);
    found.kubernetesVersion = kubernetesVersion;
    found.latencyMs = this.clock.now() - startedAt;
    const account = (await reviewAccount(connection)) ?? null;
    found.account = account === null ? null : publicText(account);
    if (account === 'system:anonymous') throw new Refusal('CREDENTIALS_REJECTED', nobody);
    const rights = await reviewRights(connection, rightsFor(options));
    return { kubernetesVersion, account: found.account, latencyMs: found.latencyMs, rights };
  }
}

async function requireVersion(connection: KubernetesConnection): Promise<string> {
  const answer = await connection.request<{ gitVersion?: unknown } | null | undefined>({
    method: 'GET',
    path: serverPath('/version'),
    deadlineMs: versionDeadlineMs,
  });
  const version = answer?.gitVersion;
  switch (judgeVersion(version)) {
    case 'SUPPORTED':
      return String(version).slice(0, 100);
    case 'TOO_OLD':
      throw new Refusal(
        'VERSION_NOT_SUPPORTED',
        `The cluster runs Kubernetes ${publicText(String(version)).slice(0, 100)}: the oldest version that Meridian works with is ${oldestSupportedVersion}.`,
      );
    case 'NOT_KUBERNETES':
      throw new Refusal('NOT_KUBERNETES', notKubernetes);
  }
}

/** Anybody may ask for the version: only rights show whether the credentials are those of somebody. */
async function requireSomeRights(
  connection: KubernetesConnection,
  rights: RightsAnswer,
  options: { readonly impersonate: boolean },
): Promise<void> {
  if (rights === null) {
    await connection.request({
      method: 'GET',
      path: collectionPath(resources.namespaces),
      query: { limit: 1 },
    });
    return;
  }
  const wanted = rightsFor(options);
  if (wanted.every((right) => right.verbs.every((verb) => lacks(rights, right, verb)))) {
    throw new Refusal('NO_PERMISSIONS', noRights);
  }
}

const nobody =
  'The cluster answers, but takes these credentials for nobody’s (system:anonymous): check that token or client certificate belong to this cluster.';
const notKubernetes =
  'What answers there is not a Kubernetes API server: check the address and port, such as https://10.0.0.1:6443.';
const noRights =
  'The cluster answers, but these credentials may do nothing of what Meridian does: give them a ClusterRole that lets Meridian manage namespaces and what is in them, such as cluster-admin.';

function refused(error: unknown, field: readonly string[], found: Partial<ClusterFindings>): unknown {
  if (error instanceof Refusal) return new ClusterRefusedError(error.problem, field, error.message, found);
  if (error instanceof BadUserInputError) {
    // The address policy's.
    return new ClusterRefusedError(problemOf(error), error.field ?? field, error.message, found);
  }
  if (!(error instanceof MeridianError)) return error;
  const problem = problemOf(error);
  return new ClusterRefusedError(problem, field, advice(problem, error), found);
}

function advice(problem: ClusterProblem, error: MeridianError): string {
  if (problem === 'CREDENTIALS_REJECTED') {
    return 'The cluster answers, but refuses these credentials: check that they are complete and have not expired.';
  }
  if (problem === 'NO_PERMISSIONS') return noRights;
  if (problem === 'NOT_KUBERNETES' && statusOf(error)?.code !== undefined && !isRedirect(error)) {
    return notKubernetes;
  }
  const remedy = remedies[problem];
  return `The cluster was not accepted, because it could not be used: ${error.message}${remedy ? ` ${remedy}` : ''}`;
}

const reachable = 'Check the address, and that it can be reached from where Meridian runs.';
const remedies: Partial<Record<ClusterProblem, string>> = {
  TLS_UNKNOWN_AUTHORITY:
    'Give the certificate of the authority that signed it: caCertificate, or certificate-authority-data of a kubeconfig.',
  NAME_NOT_RESOLVED: reachable,
  NO_ANSWER: reachable,
  UNREACHABLE: reachable,
};

const isRedirect = (error: MeridianError): boolean => {
  const code = statusOf(error)?.code ?? 0;
  return code >= 300 && code < 400;
};
