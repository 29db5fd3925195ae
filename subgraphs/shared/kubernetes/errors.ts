import {
  ClusterAuthFailedError,
  ClusterRejectedError,
  ClusterUnavailableError,
  ConflictError,
  type MeridianError,
  NotFoundError,
  QuotaExceededError,
  RateLimitedError,
} from '../errors.js';
import { publicText } from './public-text.js';

/** What an API server says when it refuses (metav1.Status). Its texts are the cluster's: never forward them unread. */
export interface KubernetesStatus {
  /** HTTP status. */
  readonly code: number;
  /** `NotFound`, `AlreadyExists`, `Conflict`, `Invalid`…; empty when the server gave none. */
  readonly reason: string;
  readonly message: string;
  readonly details: {
    readonly name?: string;
    readonly kind?: string;
    readonly causes?: readonly {
      readonly reason?: string;
      readonly message?: string;
      readonly field?: string;
    }[];
  };
  readonly retryAfterSeconds: number | undefined;
}

/** The cause of every MeridianError that an API server's answer led to. Its message holds nothing of the answer. */
export class KubernetesStatusError extends Error {
  override readonly name = 'KubernetesStatusError';
  readonly #status: KubernetesStatus;
  constructor(status: KubernetesStatus) {
    super(
      `the API server answered ${status.code} ${/^\w{0,40}$/.test(status.reason) ? status.reason : ''}`.trim(),
    );
    this.#status = status;
  }
  get status(): KubernetesStatus {
    return this.#status;
  }
}

/** Nothing was sent: the cluster did not answer the calls before. */
export class CircuitOpenError extends ClusterUnavailableError {
  constructor(
    clusterId: string,
    /** Why the last call that was made had no answer. */
    readonly last: MeridianError,
  ) {
    super(clusterId, `${last.message} Meridian asks it again within a minute.`);
  }
}

/** The API server's own words behind an error, for callers that decide by code or reason. */
export function statusOf(error: unknown): KubernetesStatus | undefined {
  for (let current = error; current instanceof Error; current = current.cause) {
    if (current instanceof KubernetesStatusError) return current.status;
  }
  return undefined;
}

/** Reads a refusal's body; anything that isn't a Status (a proxy's page, plain text) becomes one without a message. */
export function parseStatus(code: number, body: string, retryAfter?: string | string[]): KubernetesStatus {
  const status = parseObject(body);
  const details = isObject(status['details']) ? status['details'] : {};
  const seconds = Number(
    Array.isArray(retryAfter) ? retryAfter[0] : (retryAfter ?? details['retryAfterSeconds']),
  );
  return {
    code,
    reason: textOf(status['reason']),
    message: status['kind'] === 'Status' ? textOf(status['message']) : '',
    details: {
      ...(typeof details['name'] === 'string' ? { name: details['name'] } : {}),
      ...(typeof details['kind'] === 'string' ? { kind: details['kind'] } : {}),
      ...(Array.isArray(details['causes']) ? { causes: details['causes'].filter(isObject) } : {}),
    },
    retryAfterSeconds: Number.isFinite(seconds) && seconds > 0 ? Math.min(seconds, 600) : undefined,
  };
}

export interface ClusterName {
  readonly clusterId: string;
  readonly clusterName: string;
}

/** The one mapping from an API server's refusal to our errors; `statusOf` of the result gives the Status back. */
export function toMeridianError(status: KubernetesStatus, cluster: ClusterName): MeridianError {
  const error = translate(status, cluster);
  error.cause = new KubernetesStatusError(status);
  return error;
}

function translate(status: KubernetesStatus, { clusterId, clusterName }: ClusterName): MeridianError {
  const { code, reason, message, details } = status;
  const named = `Cluster ${JSON.stringify(clusterName)}`;
  const object = `${singularOf(details.kind)} ${JSON.stringify(publicText(details.name ?? ''))}`;
  // What was sent is repeated in refusals: of a Secret, nothing may be.
  const text = /^secrets?$/i.test(details.kind ?? '') ? '' : publicText(message);
  const said = text ? `: ${text}` : '.';

  if (code >= 300 && code < 400) {
    return new ClusterUnavailableError(
      clusterId,
      `${named} answered with a redirect, which is not followed: register the API server's own address.`,
    );
  }
  switch (code) {
    case 401:
      return new ClusterAuthFailedError(
        clusterId,
        `${named} refuses Meridian's credentials: give new ones with rotateClusterCredentials.`,
      );
    case 403:
      return forbidden(status, text, named, clusterId);
    case 404:
      return details.name
        ? new NotFoundError(singularOf(details.kind), publicText(details.name))
        : new ClusterRejectedError(clusterId, `${named} does not serve this kind of object.`);
    case 409:
      return reason === 'AlreadyExists'
        ? new ConflictError(`The ${object} exists already.`)
        : new ConflictError(`The ${object} was changed by someone else${said}`);
    case 410:
      return new ConflictError('What was asked for is too old for the cluster: start again.');
    case 429:
      return new RateLimitedError(`${named} asks to wait${said}`, status.retryAfterSeconds);
    case 400:
    case 405:
    case 413:
    case 415:
    case 422:
      return new ClusterRejectedError(clusterId, `${named} refused this${said}`);
    case 500:
      // Without a reason it is a request that the server could not read, not a server that failed.
      if (reason === '' && message !== '') {
        return new ClusterRejectedError(clusterId, `${named} refused this${said}`);
      }
      break;
  }
  return new ClusterUnavailableError(clusterId, `${named} failed to answer (HTTP ${code}).`);
}

function forbidden(
  { message }: KubernetesStatus,
  text: string,
  named: string,
  clusterId: string,
): MeridianError {
  const quota = /exceeded quota: .*/.exec(publicText(message))?.[0];
  if (quota) return new QuotaExceededError(`There is no room for this: ${quota}`);
  if (/cannot impersonate\S* resource "/.test(message)) {
    return new ClusterRejectedError(
      clusterId,
      `${named} does not let Meridian act in the name of people: give its account the right "impersonate" on users, groups and uids.authentication.k8s.io in the cluster, or set impersonate: false for it.`,
    );
  }
  const right = /cannot (\w+) resource "([\w./-]+)"/.exec(message);
  const person = /User "(meridian:[\w.@+%-]+)" cannot /.exec(message)?.[1];
  if (right && person) {
    return new ClusterRejectedError(
      clusterId,
      `${named} does not let ${person} ${right[1]} ${right[2]}: have that right given in the cluster to this user, to the group meridian:users or to one of the user's teams (meridian:team:<name>).`,
    );
  }
  if (right || !text) {
    const what = right ? ` ${right[1]} ${right[2]}` : ' do this';
    return new ClusterRejectedError(
      clusterId,
      `${named} does not let Meridian${what}: give its account that right in the cluster.`,
    );
  }
  return new ClusterRejectedError(clusterId, `${named} refused this: ${text}`);
}

const singularOf = (kind: string | undefined): string =>
  kind && /^[\w.]+$/.test(kind) ? kind.replace(/\..*/, '').replace(/ies$/, 'y').replace(/s$/, '') : 'object';

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

function parseObject(body: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(body);
    return isObject(value) ? value : {};
  } catch {
    return {};
  }
}
