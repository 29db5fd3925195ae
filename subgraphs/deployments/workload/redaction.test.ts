import { describe, expect, it } from 'vitest';
import { toManifest } from './manifest.client.js';
import { withoutSecrets } from './redaction.js';

describe('a manifest', () => {
  it('has no values of Secrets, nothing that looks like one, and no bookkeeping', () => {
    const hidden = 'hunter2hunter2';
    const manifest = toManifest([
      {
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: {
          name: 'web-env',
          annotations: { 'kubectl.kubernetes.io/last-applied-configuration': hidden, kept: 'yes' },
          managedFields: [{ manager: 'meridian' }],
        } as object,
        data: { key: hidden },
        stringData: { key: hidden },
      } as object,
      {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name: 'web' },
        spec: {
          env: [
            { name: 'DB_PASSWORD', value: hidden },
            { name: 'URL', value: `postgres://shop:${hidden}@db:5432/shop` },
            { name: 'LEVEL', value: 'info' },
          ],
          args: ['--password', hidden, `--api-key=${hidden}`, '--port', '80'],
        },
      } as object,
      { kind: 'ConfigMap', data: { 'app.conf': `user=a\npassword = ${hidden}\n`, token: hidden } } as object,
    ]);
    expect(manifest).not.toContain(hidden);
    expect(manifest).not.toContain('managedFields');
    for (const shown of [
      'key: "***"',
      'kept: yes',
      'postgres://shop:***@db:5432/shop',
      'value: info',
      '"80"',
    ]) {
      expect(manifest.replaceAll("'", '"').replace('key: ***', 'key: "***"')).toContain(shown);
    }
  });

  it.each([
    '-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----',
    'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl',
    'Authorization: Bearer abcdef0123456789',
    `ghp_${'a'.repeat(36)}`,
    '{"client_secret": "abcdef"}',
  ])('hides %j wherever it is', (text) => {
    expect(JSON.stringify(withoutSecrets({ a: [text] }))).toContain('***');
  });
});
