import { describe, expect, it } from 'vitest';
import { BadUserInputError } from '../../../subgraphs/shared/errors.js';
import { apiPath } from '../../../subgraphs/shared/kubernetes/api-path.js';
import {
  requireContainer,
  requireLabelName,
  requireName,
  requireServiceName,
} from '../../../subgraphs/shared/kubernetes/names.js';
import { hostileNames } from '../../kit/hostile-names.js';

describe('a name', () => {
  it.each(hostileNames)('is refused when it is %j, at its field', (name) => {
    for (const require of [requireName, requireLabelName, requireServiceName]) {
      const refusal = refusalOf(() => require(name, ['input', 'pod'], 'pod'));
      expect(refusal.problems).toHaveLength(1);
      expect(refusal.problems[0]?.field).toEqual(['input', 'pod']);
      expect(refusal.message.length).toBeLessThan(400);
    }
  });

  it.each([undefined, null, 7, {}, ['a']])('is refused when it is no text but %j', (name) => {
    expect(() => requireName(name, ['name'], 'pod')).toThrow(BadUserInputError);
  });

  it('says the value and the remedy', () => {
    expect(() => requireName('Web_1', ['name'], 'service')).toThrow(
      '"Web_1" is not a name for a service: use lower-case letters a-z, digits and "-" and "."; start with a letter or digit and end with a letter or digit.',
    );
    expect(() => requireContainer('x'.repeat(64))).toThrow(/it has 64 characters; use at most 63\./);
    expect(() => requireServiceName('x'.repeat(64), ['name'], 'instance', 40)).toThrow(
      / is not a name for an instance: it has 64 characters; use at most 40\./,
    );
    expect(() => requireName('', ['name'], 'pod')).toThrow('"" is not a name for a pod: give one.');
  });

  it('may be as long and varied as Kubernetes allows', () => {
    expect(requireName('a'.repeat(253), [], 'pod')).toHaveLength(253);
    expect(requireName('0.a-b.c9', [], 'pod')).toBe('0.a-b.c9');
    expect(requireLabelName('9', [], 'namespace')).toBe('9');
    expect(() => requireLabelName('a.b', [], 'namespace')).toThrow(BadUserInputError);
    expect(() => requireServiceName('9a', [])).toThrow(/start with a letter/);
  });
});

describe('a path', () => {
  it('is built from its parts', () => {
    expect(
      apiPath({ version: 'v1', resource: 'pods', namespace: 'dev', name: 'a.b', subresource: 'log' }),
    ).toBe('/api/v1/namespaces/dev/pods/a.b/log');
    expect(apiPath({ group: 'apps', version: 'v1', resource: 'deployments' })).toBe(
      '/apis/apps/v1/deployments',
    );
  });

  it.each(hostileNames)('refuses %j as any of its parts', (value) => {
    const good = {
      group: 'apps',
      version: 'v1',
      resource: 'pods',
      namespace: 'dev',
      name: 'a',
      subresource: 'log',
    };
    for (const part of Object.keys(good)) {
      expect(() => apiPath({ ...good, [part]: value })).toThrow(BadUserInputError);
    }
  });

  it('has no subresource without an object, which would be a collection', () => {
    expect(() => apiPath({ version: 'v1', resource: 'pods', namespace: 'dev', subresource: 'log' })).toThrow(
      'log needs the name of an object.',
    );
  });
});

function refusalOf(act: () => unknown): BadUserInputError {
  try {
    act();
  } catch (error) {
    if (error instanceof BadUserInputError) return error;
    throw error;
  }
  throw new Error('it was accepted');
}
