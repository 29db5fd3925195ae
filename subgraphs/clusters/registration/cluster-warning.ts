import { type ClusterFeature, clusterFeatures, type RequiredRight, rightsFor } from './required-rights.js';

export const clusterWarningCodes = {
  PERMISSION_MISSING: "Meridian's account lacks rights in the cluster: a feature does not work there.",
  PERMISSIONS_UNKNOWN: "The cluster did not say what Meridian's account may do.",
  TLS_NOT_VERIFIED:
    "The cluster's certificate is not verified: whoever is in between can read and change all.",
} as const;

export type ClusterWarningCode = keyof typeof clusterWarningCodes;

/** Something about a cluster that works only in part; for a person, with what to do about it. */
export interface ClusterWarning {
  readonly code: ClusterWarningCode;
  readonly message: string;
  readonly remedy: string;
  /** What does not work; empty when it concerns the whole cluster. */
  readonly features: readonly ClusterFeature[];
  /** Null when the warning is not about one resource. */
  readonly group: string | null;
  readonly resource: string | null;
  /** Those that are missing. */
  readonly verbs: readonly string[];
}

/** Rights that the account was found to lack, as they are kept. */
export interface MissingRight {
  readonly group: string;
  readonly resource: string;
  readonly verbs: readonly string[];
}

/** What a cluster said when it was asked for the account's rights; null when it did not say. */
export type RightsAnswer = readonly MissingRight[] | null;

/** The warnings that follow from an answer. What was kept and is not needed any more gives none. */
export function permissionWarnings(
  answer: RightsAnswer,
  options: { readonly impersonate: boolean },
): ClusterWarning[] {
  if (answer === null) return [unknownPermissions];
  return rightsFor(options).flatMap((right) => {
    const verbs = right.verbs.filter((verb) => lacks(answer, right, verb));
    return verbs.length === 0 ? [] : [missing(right, verbs)];
  });
}

export const tlsNotVerified: ClusterWarning = {
  code: 'TLS_NOT_VERIFIED',
  message: "The server's certificate is not verified: whoever is in between can read and change everything.",
  remedy: 'Rotate the credentials with the certificate of the authority in caCertificate or the kubeconfig.',
  features: [],
  group: null,
  resource: null,
  verbs: [],
};

const unknownPermissions: ClusterWarning = {
  code: 'PERMISSIONS_UNKNOWN',
  message: "The cluster does not answer what Meridian's account may do.",
  remedy:
    'Let the account create selfsubjectaccessreviews of authorization.k8s.io (the ClusterRole system:basic-user), then check again with checkCluster.',
  features: [],
  group: null,
  resource: null,
  verbs: [],
};

/** Does the answer say that the account may not do this? */
export const lacks = (answer: readonly MissingRight[], right: RequiredRight, verb: string): boolean =>
  answer.some(
    ({ group, resource, verbs }) =>
      group === right.group && resource === right.resource && verbs.includes(verb),
  );

function missing({ group, resource, features }: RequiredRight, verbs: readonly string[]): ClusterWarning {
  const named = `${verbs.join(', ')} on ${group ? `${resource}.${group}` : resource}`;
  return {
    code: 'PERMISSION_MISSING',
    message: `Meridian may not ${named}. ${features.map((feature) => clusterFeatures[feature]).join(' ')}`,
    remedy: `Give the account a ClusterRole with the rule {apiGroups: [${JSON.stringify(group)}], resources: [${JSON.stringify(resource)}], verbs: ${JSON.stringify(verbs)}} by a ClusterRoleBinding, then check again with checkCluster.`,
    features,
    group,
    resource,
    verbs,
  };
}
