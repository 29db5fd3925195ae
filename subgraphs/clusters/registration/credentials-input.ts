import { BadUserInputError } from '../../shared/errors.js';
import type { AddressPolicy } from '../../shared/kubernetes/address-policy.js';
import type { ClusterCredentials } from '../../shared/kubernetes/cluster-credentials.js';
import { readKubeconfig } from '../../shared/kubernetes/kubeconfig.js';
import { readServiceAccount } from '../../shared/kubernetes/service-account.js';

/** Credentials as an operator gives them: a kubeconfig, or a service account's token with server and authority. */
export interface CredentialsInput {
  readonly kubeconfig?: string | null;
  readonly server?: string | null;
  readonly caCertificate?: string | null;
  readonly token?: string | null;
  readonly tlsServerName?: string | null;
  /** Take any certificate: only for whoever has the right to say so. */
  readonly insecureSkipTlsVerify?: boolean | null;
}

export interface GivenCredentials {
  readonly credentials: ClusterCredentials;
  /** The input field that names the server: where what is wrong with the cluster is reported. */
  readonly field: readonly string[];
}

const present = (value: string | null | undefined): value is string => value != null && value !== '';

export function readCredentials(input: CredentialsInput, policy: AddressPolicy): GivenCredentials {
  refuseBoth(input);
  if (present(input.kubeconfig)) {
    const field = ['input', 'kubeconfig'];
    const options = { insecureSkipTlsVerify: input.insecureSkipTlsVerify ?? false };
    return { credentials: readKubeconfig(input.kubeconfig, policy, field, options), field };
  }
  if (!present(input.server)) {
    throw BadUserInputError.at(
      ['input', 'kubeconfig'],
      'There are no credentials: give kubeconfig, or server with caCertificate and token.',
    );
  }
  return serviceAccount({ ...input, server: input.server }, policy);
}

/**
 * New credentials for a cluster that has some. Without a server, the token is for the same one. Old credentials are
 * never sent to a new server: whoever names one gives a token for it.
 */
export function readNewCredentials(
  input: CredentialsInput,
  current: ClusterCredentials,
  policy: AddressPolicy,
): GivenCredentials {
  refuseBoth(input);
  if (present(input.kubeconfig)) return readCredentials(input, policy);
  if (!present(input.token)) {
    throw BadUserInputError.at(
      ['input', 'token'],
      present(input.server)
        ? 'Changing the server requires new credentials: give the token too, or a kubeconfig.'
        : 'There are no new credentials: give token, or a kubeconfig.',
    );
  }
  if (present(input.server)) return serviceAccount({ ...input, server: input.server }, policy);
  const { credentials } = serviceAccount(
    {
      ...input,
      server: current.server,
      caCertificate: input.caCertificate || (input.insecureSkipTlsVerify ? null : current.caCertificate),
      tlsServerName: input.tlsServerName || current.tlsServerName,
    },
    policy,
  );
  return { credentials, field: ['input', 'token'] };
}

function serviceAccount(
  input: CredentialsInput & { readonly server: string },
  policy: AddressPolicy,
): GivenCredentials {
  if (!present(input.token)) {
    throw BadUserInputError.at(['input', 'token'], 'The token is missing: give that of a service account.');
  }
  return {
    credentials: readServiceAccount({ ...input, token: input.token }, policy, ['input']),
    field: ['input', 'server'],
  };
}

function refuseBoth(input: CredentialsInput): void {
  const other = (['server', 'caCertificate', 'token', 'tlsServerName'] as const).find((name) =>
    present(input[name]),
  );
  if (present(input.kubeconfig) && other) {
    throw BadUserInputError.at(
      ['input', other],
      `${other} and kubeconfig are both given: give one kind of credentials.`,
    );
  }
}
