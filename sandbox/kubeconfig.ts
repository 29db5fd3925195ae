import { stringify } from 'yaml';

/** What a client shows to say who it is; the certificate and its key are PEM. */
export type Credentials =
  | { readonly token: string }
  | { readonly clientCertificate: string; readonly clientKey: string };

export interface KubeconfigCluster {
  /** Of the cluster and of its context. */
  readonly name: string;
  readonly url: string;
  /** PEM; undefined for plain HTTP. */
  readonly caCertificate: string | undefined;
  readonly user: Credentials;
}

/** A kubeconfig with a context for each cluster; the first one is current. */
export const kubeconfigOf = (clusters: readonly KubeconfigCluster[]): string =>
  stringify(
    {
      apiVersion: 'v1',
      kind: 'Config',
      clusters: clusters.map(({ name, url, caCertificate }) => ({
        name,
        cluster: {
          server: url,
          ...(caCertificate ? { 'certificate-authority-data': base64(caCertificate) } : {}),
        },
      })),
      users: clusters.map(({ name, user }) => ({ name: `${name}-admin`, user: userEntry(user) })),
      contexts: clusters.map(({ name }) => ({ name, context: { cluster: name, user: `${name}-admin` } })),
      'current-context': clusters[0]?.name ?? '',
    },
    // Long data stays on one line.
    { lineWidth: 0 },
  );

const userEntry = (user: Credentials): object =>
  'token' in user
    ? { token: user.token }
    : {
        'client-certificate-data': base64(user.clientCertificate),
        'client-key-data': base64(user.clientKey),
      };

const base64 = (pem: string): string => Buffer.from(pem).toString('base64');
