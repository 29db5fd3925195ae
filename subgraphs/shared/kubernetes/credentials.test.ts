import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { ClusterCredentials } from './cluster-credentials.js';
import { decryptCredentials, encryptCredentials } from './credentials.js';

const credentials: ClusterCredentials = {
  server: 'https://kube.example:6443',
  caCertificate: null,
  tlsServerName: null,
  authentication: { kind: 'TOKEN', token: 'canary-token' },
};
const key = new Uint8Array(randomBytes(32));

describe('stored credentials', () => {
  it('come back as they were', () => {
    expect(decryptCredentials(encryptCredentials(credentials, key, 'cluster_a'), key, 'cluster_a')).toEqual(
      credentials,
    );
  });

  it('show nothing of themselves, and never look the same twice', () => {
    const first = encryptCredentials(credentials, key, 'cluster_a');
    expect(Buffer.from(first.slice(3), 'base64').toString('latin1')).not.toContain('canary');
    expect(encryptCredentials(credentials, key, 'cluster_a')).not.toBe(first);
  });

  it('open only for their cluster, with their key, unchanged', () => {
    const sealed = encryptCredentials(credentials, key, 'cluster_a');
    const flipped = `${sealed.slice(0, 30)}${sealed[30] === 'A' ? 'B' : 'A'}${sealed.slice(31)}`;
    const cut = sealed.slice(0, -8);
    expect(() => decryptCredentials(sealed, key, 'cluster_b')).toThrow(/cluster_b can't be decrypted/);
    expect(() => decryptCredentials(sealed, new Uint8Array(randomBytes(32)), 'cluster_a')).toThrow(
      /can't be decrypted/,
    );
    expect(() => decryptCredentials(flipped, key, 'cluster_a')).toThrow(/can't be decrypted/);
    expect(() => decryptCredentials(cut, key, 'cluster_a')).toThrow(/can't be decrypted/);
    expect(() => decryptCredentials('v1:', key, 'cluster_a')).toThrow(/can't be decrypted/);
    expect(() => decryptCredentials(sealed.replace('v1', 'v9'), key, 'cluster_a')).toThrow(
      /can't be decrypted/,
    );
  });
});
