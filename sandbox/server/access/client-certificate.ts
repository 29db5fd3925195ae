import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { type PeerCertificate, TLSSocket } from 'node:tls';
import { AUTHENTICATED, type User } from './user.js';

/**
 * Who a client certificate is for: the common name is the user, the organisations are the groups
 * (https://kubernetes.io/docs/reference/access-authn-authz/authentication/#x509-client-certificates).
 * Undefined without a certificate; `'unknown'` for one that the authority of this cluster did not sign.
 */
export const certificateUser = ({ socket }: IncomingMessage): User | 'unknown' | undefined => {
  if (!(socket instanceof TLSSocket)) return undefined;
  // The types leave out that it is null once the socket is closed.
  const certificate = socket.getPeerCertificate() as PeerCertificate | null;
  if (!certificate?.raw) return undefined;
  // Several organisations are a list, which the types do not say.
  const { CN, O } = certificate.subject as { CN?: string | string[]; O?: string | string[] };
  const [name] = [CN ?? []].flat();
  if (!socket.authorized || !name) return 'unknown';
  const fingerprint = createHash('sha256').update(certificate.raw).digest('hex');
  return {
    name,
    groups: [...[O ?? []].flat(), AUTHENTICATED],
    extra: { 'authentication.kubernetes.io/credential-id': [`X509SHA256=${fingerprint}`] },
  };
};
