import { TimeoutError } from '../../shared/errors.js';
import { statusOf } from '../../shared/kubernetes/errors.js';

/** What is wrong with a cluster, in one word that a program can decide by. */
export const clusterProblems = {
  UNREACHABLE: 'It can not be connected to.',
  NO_ANSWER: 'It takes connections, but does not answer in time.',
  NAME_NOT_RESOLVED: "The server's name has no address.",
  ADDRESS_NOT_ALLOWED: "The server's address is one that Meridian may not talk to.",
  TLS_UNKNOWN_AUTHORITY: 'The authority that signed its certificate is not the one that was given.',
  TLS_WRONG_NAME: 'Its certificate is for another name.',
  TLS_EXPIRED: 'Its certificate has expired.',
  TLS_NOT_YET_VALID: 'Its certificate is not valid yet.',
  TLS_FAILED: 'No TLS connection could be made.',
  CREDENTIALS_REJECTED: 'It refuses the credentials, or takes them for nobody’s.',
  NO_PERMISSIONS: 'It knows the account, which may do nothing of what Meridian does.',
  NOT_KUBERNETES: 'What answers is not a Kubernetes API server.',
  VERSION_NOT_SUPPORTED: 'It is older than the oldest version that Meridian works with.',
  NOT_READY: 'It answers, but says that it is not ready.',
  FAILING: 'It answers with errors.',
  INTERNAL: 'Meridian itself could not ask.',
} as const;

export type ClusterProblem = keyof typeof clusterProblems;

/** By the code that Node.js, OpenSSL and our address policy give to an error. */
const problemsByCode: Readonly<Record<string, ClusterProblem>> = {
  ENOTFOUND: 'NAME_NOT_RESOLVED',
  EAI_AGAIN: 'NAME_NOT_RESOLVED',
  ERR_ADDRESS_REFUSED: 'ADDRESS_NOT_ALLOWED',
  CERT_HAS_EXPIRED: 'TLS_EXPIRED',
  CERT_NOT_YET_VALID: 'TLS_NOT_YET_VALID',
  ERR_TLS_CERT_ALTNAME_INVALID: 'TLS_WRONG_NAME',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'TLS_UNKNOWN_AUTHORITY',
  SELF_SIGNED_CERT_IN_CHAIN: 'TLS_UNKNOWN_AUTHORITY',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'TLS_UNKNOWN_AUTHORITY',
  UNABLE_TO_GET_ISSUER_CERT: 'TLS_UNKNOWN_AUTHORITY',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'TLS_UNKNOWN_AUTHORITY',
  CERT_SIGNATURE_FAILURE: 'TLS_UNKNOWN_AUTHORITY',
  ERR_NOT_JSON: 'NOT_KUBERNETES',
  EPROTO: 'TLS_FAILED',
  ERR_SSL_WRONG_VERSION_NUMBER: 'TLS_FAILED',
};

/** What an error of a call to a cluster says about the cluster. */
export function problemOf(error: unknown): ClusterProblem {
  const status = statusOf(error);
  if (status) {
    if (status.code === 401) return 'CREDENTIALS_REJECTED';
    if (status.code === 403) return 'NO_PERMISSIONS';
    return status.code >= 500 || status.code === 429 ? 'FAILING' : 'NOT_KUBERNETES';
  }
  for (let current = error; current instanceof Error; current = current.cause) {
    const problem = problemByCode(current);
    if (problem) return problem;
  }
  return error instanceof TimeoutError ? 'NO_ANSWER' : 'UNREACHABLE';
}

function problemByCode(error: Error): ClusterProblem | undefined {
  const code = 'code' in error ? String(error.code) : '';
  if (Object.hasOwn(problemsByCode, code)) return problemsByCode[code];
  const [first] = error instanceof AggregateError ? (error.errors as unknown[]) : [];
  return first instanceof Error ? problemByCode(first) : undefined;
}
