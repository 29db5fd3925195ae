/** What it takes to talk to one API server. Secret as a whole: never logged, never returned. */
export interface ClusterCredentials {
  /** Origin of the API server, with a path only when it sits behind one: `https://10.0.0.1:6443`. */
  readonly server: string;
  /** PEM; null when a public authority signed the server's certificate. */
  readonly caCertificate: string | null;
  /** The name to expect in the server's certificate when it isn't the server's host name. */
  readonly tlsServerName: string | null;
  /** True only when somebody with the right to it said so: any certificate is taken. */
  readonly insecureSkipTlsVerify?: boolean;
  readonly authentication:
    | { readonly kind: 'TOKEN'; readonly token: string }
    /** Both PEM. */
    | { readonly kind: 'CLIENT_CERTIFICATE'; readonly certificate: string; readonly key: string };
}
