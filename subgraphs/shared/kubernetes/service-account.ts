import { BadUserInputError } from '../errors.js';
import type { AddressPolicy } from './address-policy.js';
import type { ClusterCredentials } from './cluster-credentials.js';
import { checkedCertificate, checkedHostName, checkedToken } from './credential-checks.js';
import { contradictsSkipping } from './kubeconfig.js';

export interface ServiceAccountInput {
  readonly server: string;
  readonly token: string;
  /** PEM. */
  readonly caCertificate?: string | null | undefined;
  readonly tlsServerName?: string | null | undefined;
  /** Whoever gives this may have any certificate taken, and asked for it. */
  readonly insecureSkipTlsVerify?: boolean | null | undefined;
}

/** Credentials given as server, token and authority. Problems are reported at `[...field, 'token']` and so on. */
export function readServiceAccount(
  input: ServiceAccountInput,
  policy: AddressPolicy,
  field: readonly string[],
): ClusterCredentials {
  const checked = <T>(name: string, value: string, check: (value: string) => T): T => {
    try {
      return check(value);
    } catch (error) {
      throw BadUserInputError.at([...field, name], `${name} ${error instanceof Error ? error.message : ''}`);
    }
  };
  if (input.insecureSkipTlsVerify && input.caCertificate) {
    throw BadUserInputError.at([...field, 'caCertificate'], `caCertificate ${contradictsSkipping}`);
  }
  return {
    server: policy.requireServer(input.server, [...field, 'server']).href.replace(/\/$/, ''),
    caCertificate: input.caCertificate
      ? checked('caCertificate', input.caCertificate, checkedCertificate)
      : null,
    tlsServerName: input.tlsServerName
      ? checked('tlsServerName', input.tlsServerName, checkedHostName)
      : null,
    ...(input.insecureSkipTlsVerify ? { insecureSkipTlsVerify: true } : {}),
    authentication: { kind: 'TOKEN', token: checked('token', input.token, checkedToken) },
  };
}
