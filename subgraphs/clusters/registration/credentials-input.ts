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
    return { credentials: readKubeconfig(input.kubeconfig, policy, field), field };
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
    { ...input, server: current.server, caCertificate: input.caCertificate || current.caCertificate },
    policy,
  );
  return {
    credentials: { ...credentials, tlsServerName: current.tlsServerName },
    field: ['input', 'token'],
  };
}

function serviceAccount(
  input: CredentialsInput & { readonly server: string },
  policy: AddressPolicy,
): GivenCredentials {
  if (!present(input.token)) {
    throw BadUserInputError.at(['input', 'token'], 'The token is missing: give that of a service account.');
  }
  const { server, token, caCertificate } = input;
  return {
    credentials: readServiceAccount({ server, token, caCertificate }, policy, ['input']),
    field: ['input', 'server'],
  };
}

function refuseBoth(input: CredentialsInput): void {
  const other = (['server', 'caCertificate', 'token'] as const).find((name) => present(input[name]));
  if (present(input.kubeconfig) && other) {
    throw BadUserInputError.at(
      ['input', other],
      `${other} and kubeconfig are both given: give one kind of credentials.`,
    );
  }
}
