import type { webcrypto } from 'node:crypto';
import type * as X509 from '@peculiar/x509';

/** PEM, as TLS servers and kubeconfigs want them. */
export interface KeyPair {
  readonly certificate: string;
  readonly key: string;
}

/** A user as Kubernetes reads one from a client certificate: the common name, and an organisation for each group. */
export interface CertificateUser {
  readonly name: string;
  readonly groups: readonly string[];
}

/** Signs the certificates of one sandbox. */
export interface CertificateAuthority {
  /** PEM; what clients are to trust. */
  readonly certificate: string;
  issueServer(dnsNames: readonly string[], addresses: readonly string[]): Promise<KeyPair>;
  issueClient(user: CertificateUser): Promise<KeyPair>;
}

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const DAY_MS = 86_400_000;
const LIFETIME_DAYS = 365;
/** For clients whose clock is a little behind. */
const BACKDATED_MS = 300_000;

/** Makes an authority with a key of its own. The library is loaded only here: plain HTTP starts without it. */
export const createAuthority = async (name: string): Promise<CertificateAuthority> => {
  await import('reflect-metadata');
  const x509 = await import('@peculiar/x509');
  x509.cryptoProvider.set(globalThis.crypto);
  const keys = await newKeys();
  const validity = (): { notBefore: Date; notAfter: Date } => ({
    notBefore: new Date(Date.now() - BACKDATED_MS),
    notAfter: new Date(Date.now() + LIFETIME_DAYS * DAY_MS),
  });
  const root = await x509.X509CertificateGenerator.createSelfSigned({
    name: [{ CN: [name] }],
    ...validity(),
    signingAlgorithm: ALGORITHM,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(
        x509.KeyUsageFlags.digitalSignature |
          x509.KeyUsageFlags.keyEncipherment |
          x509.KeyUsageFlags.keyCertSign,
        true,
      ),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });

  const issue = async (subject: X509.JsonName, extensions: X509.Extension[]): Promise<KeyPair> => {
    const own = await newKeys();
    const certificate = await x509.X509CertificateGenerator.create({
      subject,
      issuer: root.subject,
      ...validity(),
      signingAlgorithm: ALGORITHM,
      publicKey: own.publicKey,
      signingKey: keys.privateKey,
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.KeyUsagesExtension(
          x509.KeyUsageFlags.digitalSignature | x509.KeyUsageFlags.keyEncipherment,
          true,
        ),
        await x509.AuthorityKeyIdentifierExtension.create(keys.publicKey),
        ...extensions,
      ],
    });
    const exported = await crypto.subtle.exportKey('pkcs8', own.privateKey);
    return {
      certificate: `${certificate.toString('pem')}\n`,
      key: `${x509.PemConverter.encode(exported, 'PRIVATE KEY')}\n`,
    };
  };

  return {
    certificate: `${root.toString('pem')}\n`,
    issueServer: (dnsNames, addresses) =>
      issue(
        [{ CN: ['kube-apiserver'] }],
        [
          new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
          new x509.SubjectAlternativeNameExtension([
            ...dnsNames.map((value) => ({ type: 'dns' as const, value })),
            ...addresses.map((value) => ({ type: 'ip' as const, value })),
          ]),
        ],
      ),
    issueClient: ({ name: user, groups }) =>
      issue(
        [...groups.map((group) => ({ O: [group] })), { CN: [user] }],
        [new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.clientAuth])],
      ),
  };
};

const newKeys = (): Promise<webcrypto.CryptoKeyPair> =>
  crypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']) as Promise<webcrypto.CryptoKeyPair>;
