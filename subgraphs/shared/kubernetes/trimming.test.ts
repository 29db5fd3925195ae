import { describe, expect, it } from 'vitest';
import { resources } from './resources.js';
import { trimmed } from './trimming.js';

const metadata = () => ({ name: 'a', resourceVersion: '1' });

describe('an object that is kept', () => {
  it('has neither managed fields, nor the last applied configuration, nor huge annotations', () => {
    const object = {
      metadata: {
        ...metadata(),
        managedFields: [{ manager: 'kubectl' }],
        annotations: {
          'kubectl.kubernetes.io/last-applied-configuration': '{"secret":1}',
          huge: 'x'.repeat(5_000),
          none: null as unknown as string,
          'meridian.dev/deployment': 'deployment_1',
        },
      },
    };
    expect(trimmed(object, resources.configMaps)).toEqual({
      metadata: { ...metadata(), annotations: { 'meridian.dev/deployment': 'deployment_1' } },
    });
  });

  it('as a pod, has no values of variables', () => {
    const container = {
      name: 'web',
      image: 'nginx',
      env: [{ name: 'TOKEN', value: 'canary' }],
      volumeMounts: [],
    };
    const object = {
      metadata: metadata(),
      spec: {
        containers: [container],
        initContainers: [{ ...container }],
        volumes: [{ name: 'v' }],
        tolerations: [],
      },
    };
    expect(trimmed(object, resources.pods)).toEqual({
      metadata: metadata(),
      spec: {
        containers: [{ name: 'web', image: 'nginx' }],
        initContainers: [{ name: 'web', image: 'nginx' }],
        volumes: [{ name: 'v' }],
      },
    });
  });

  it('as a node, does not say which images it holds', () => {
    const object = {
      metadata: metadata(),
      status: { images: [{ names: ['nginx'] }], capacity: { cpu: '4' } },
    };
    expect(trimmed(object, resources.nodes)).toEqual({
      metadata: metadata(),
      status: { capacity: { cpu: '4' } },
    });
  });

  it.each([
    { spec: null },
    { spec: 'text' },
    { spec: { containers: 'none' } },
    { spec: { containers: [null, 5, 'a', []] } },
    { spec: { template: null } },
    { status: [] },
  ])('may be of any shape: %j', (rest) => {
    for (const resource of [resources.pods, resources.replicaSets, resources.nodes]) {
      const object = { metadata: metadata(), ...structuredClone(rest) };
      expect(trimmed(object, resource)).toEqual({ metadata: metadata(), ...rest });
    }
  });
});
