import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';

/**
 * What a token, certificate or key must be before it is stored or put into a header. Each function returns the value,
 * or throws an Error whose message completes "<field> …" and never repeats the value.
 */
export function checkedToken(value: string): string {
  const token = value.trim();
  if (!/^[\x21-\x7e]{1,16384}$/.test(token)) {
    throw new Error('is not a bearer token: give it in one line, without spaces.');
  }
  return token;
}

/** One PEM certificate, or several after one another. */
export function checkedCertificate(pem: string): string {
  try {
    new X509Certificate(pem);
  } catch {
    throw new Error('is not a certificate in PEM form (-----BEGIN CERTIFICATE-----).');
  }
  return pem;
}

/** Throws as well when the key is not the certificate's. */
export function checkedKey(pem: string, certificate: string): string {
  let key: KeyObject;
  try {
    key = createPrivateKey(pem);
  } catch {
    throw new Error('is not a private key in PEM form without a passphrase (-----BEGIN PRIVATE KEY-----).');
  }
  if (!new X509Certificate(certificate).checkPrivateKey(key)) {
    throw new Error("is not the client certificate's key.");
  }
  return pem;
}

export function checkedHostName(value: string): string {
  if (value.length > 253 || !/^[a-zA-Z0-9]([-a-zA-Z0-9.]*[a-zA-Z0-9])?$/.test(value)) {
    throw new Error('is not a host name.');
  }
  return value;
}

export function decodedBase64(value: string): string {
  const compact = value.replace(/\s+/g, '');
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(compact)) throw new Error('is not base64.');
  return Buffer.from(compact, 'base64').toString('utf8');
}
