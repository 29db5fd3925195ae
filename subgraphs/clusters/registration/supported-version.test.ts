import { describe, expect, it } from 'vitest';
import { judgeVersion, oldestSupportedVersion } from './supported-version.js';

describe('the version of a cluster', () => {
  it.each([oldestSupportedVersion, 'v1.23.17', 'v1.30.4-gke.100', 'v1.33.0+k3s1', '1.28.2', 'v1.100.0'])(
    '%s is supported',
    (version) => expect(judgeVersion(version)).toBe('SUPPORTED'),
  );

  it.each(['v1.22.17', 'v1.9.0', 'v1.2.3'])('%s is too old', (version) =>
    expect(judgeVersion(version)).toBe('TOO_OLD'),
  );

  it.each([
    undefined,
    null,
    7,
    {},
    '',
    'unknown',
    'v2.30.0',
    'v0.9',
    'nginx/1.25.0',
    '<html>',
    'v1.',
    'v1.12345',
  ])('%j is not that of a Kubernetes', (version) => expect(judgeVersion(version)).toBe('NOT_KUBERNETES'));
});
