import { ClusterUnavailableError, MeridianError } from '../errors.js';
import type { ClusterName } from './errors.js';

/** Why no answer came, by the code that Node.js, OpenSSL and undici give it. Nothing of host or address is repeated. */
const explanations: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'refuses connections',
  ENOTFOUND: 'has a name that does not resolve',
  EAI_AGAIN: 'has a name that does not resolve now',
  EHOSTUNREACH: "can't be reached from here",
  ENETUNREACH: "can't be reached from here",
  ETIMEDOUT: 'does not answer',
  UND_ERR_CONNECT_TIMEOUT: 'does not answer',
  ERR_ADDRESS_REFUSED: 'has an address that is not allowed here',
  ECONNRESET: 'broke the connection',
  EPIPE: 'broke the connection',
  UND_ERR_SOCKET: 'broke the connection',
  UND_ERR_ABORTED: 'broke the connection',
  EPROTO: 'does not speak TLS as expected',
  ERR_SSL_WRONG_VERSION_NUMBER: 'does not speak TLS on that port',
  CERT_HAS_EXPIRED: 'has an expired certificate',
  CERT_NOT_YET_VALID: 'has a certificate that is not valid yet',
  ERR_TLS_CERT_ALTNAME_INVALID: 'has a certificate for another name: give tlsServerName if that is intended',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'has a certificate of an authority that was not registered',
  SELF_SIGNED_CERT_IN_CHAIN: 'has a certificate of an authority that was not registered',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'has a certificate of an authority that was not registered',
  UNABLE_TO_GET_ISSUER_CERT: 'has a certificate of an authority that was not registered',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'has a certificate of an authority that was not registered',
  CERT_SIGNATURE_FAILURE: 'has a certificate of an authority that was not registered',
};

const brokenConnection = new Set(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET']);

/** A connection that broke without an answer: a request that changes nothing may be sent again. */
export const isBrokenConnection = (error: unknown): boolean => brokenConnection.has(codeOf(error));

/** Errors of ours pass; anything that sockets, TLS or undici threw becomes CLUSTER_UNAVAILABLE with a cause. */
export function toTransportError(error: unknown, { clusterId, clusterName }: ClusterName): MeridianError {
  if (error instanceof MeridianError) return error;
  const why = explanations[codeOf(error)] ?? "can't be reached";
  return new ClusterUnavailableError(clusterId, `Cluster ${JSON.stringify(clusterName)} ${why}.`, error);
}

function codeOf(error: unknown): string {
  for (let current = error; current instanceof Error; current = current.cause) {
    const code: unknown = 'code' in current ? current.code : undefined;
    if (typeof code === 'string' && Object.hasOwn(explanations, code)) return code;
    if (current instanceof AggregateError && current.errors[0] !== undefined)
      return codeOf(current.errors[0]);
  }
  return '';
}
