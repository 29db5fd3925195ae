import 'reflect-metadata';
import { randomBytes } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import type { ServerCertificate } from './fault-proxy.js';

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const dayMs = 86_400_000;

export interface TestAuthority {
  /** PEM. */
  readonly certificate: string;
  /** A server certificate; by default for 127.0.0.1 and good from yesterday until tomorrow. */
  issue(options?: {
    names?: readonly string[];
    fromDays?: number;
    toDays?: number;
  }): Promise<ServerCertificate>;
}

/** An authority of a test's own, for certificates that are wrong in one way. */
export async function makeAuthority(): Promise<TestAuthority> {
  x509.cryptoProvider.set(globalThis.crypto);
  const newKeys = () => crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const inDays = (days: number) => new Date(Date.now() + days * dayMs);
  const keys = await newKeys();
  const root = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: randomBytes(8).toString('hex'),
    name: `CN=Authority ${randomBytes(4).toString('hex')}`,
    notBefore: inDays(-1_000),
    notAfter: inDays(1_000),
    signingAlgorithm: algorithm,
    keys,
    extensions: [new x509.BasicConstraintsExtension(true, undefined, true)],
  });
  return {
    certificate: `${root.toString('pem')}\n`,
    async issue({ names = ['127.0.0.1'], fromDays = -1, toDays = 1 } = {}) {
      const own = await newKeys();
      const certificate = await x509.X509CertificateGenerator.create({
        serialNumber: randomBytes(8).toString('hex'),
        subject: 'CN=server',
        issuer: root.subject,
        notBefore: inDays(fromDays),
        notAfter: inDays(toDays),
        signingAlgorithm: algorithm,
        publicKey: own.publicKey,
        signingKey: keys.privateKey,
        extensions: [
          new x509.SubjectAlternativeNameExtension(
            names.map((value) => ({ type: /^[\d.]+$/.test(value) ? 'ip' : 'dns', value })),
          ),
        ],
      });
      const key = await crypto.subtle.exportKey('pkcs8', own.privateKey);
      return {
        cert: `${certificate.toString('pem')}\n`,
        key: `${x509.PemConverter.encode(key, 'PRIVATE KEY')}\n`,
      };
    },
  };
}
