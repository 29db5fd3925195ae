import { describe, expect, it } from 'vitest';
import type { Pod } from '../../shared/kubernetes/resources.js';
import { requestedResources, sumResources } from './resources.mapper.js';

const container = (cpu?: string, memory?: string) => ({
  name: 'c',
  resources: { requests: { ...(cpu ? { cpu } : {}), ...(memory ? { memory } : {}) } },
});
const pod = (spec: object, phase = 'Running'): Pod =>
  ({ metadata: { name: 'p' }, spec, status: { phase } }) as Pod;

describe('what pods have asked for', () => {
  it('is the sum of their containers, or the largest init container when that is more', () => {
    const pods = [
      pod({ containers: [container('250m', '64Mi'), container('250m', '64Mi')] }),
      pod({ containers: [container('100m')], initContainers: [container('2'), container('1', '1Gi')] }),
      pod({ containers: [container()] }),
    ];
    expect(requestedResources(pods)).toEqual({
      cpuCores: 2.5,
      memoryBytes: 128 * 1024 ** 2 + 1024 ** 3,
      pods: 3,
      storageBytes: 0,
    });
  });

  it('does not count pods that are finished', () => {
    const pods = ['Succeeded', 'Failed', 'Pending'].map((phase) =>
      pod({ containers: [container('1')] }, phase),
    );
    expect(requestedResources(pods)).toMatchObject({ cpuCores: 1, pods: 1 });
  });
});

describe('a sum of amounts', () => {
  it('says null only where no part is known', () => {
    const amounts = (pods: number | null) => ({ cpuCores: 1, memoryBytes: 2, pods, storageBytes: null });
    expect(sumResources([amounts(null), amounts(3)])).toEqual({
      cpuCores: 2,
      memoryBytes: 4,
      pods: 3,
      storageBytes: null,
    });
    expect(sumResources([])).toEqual({ cpuCores: 0, memoryBytes: 0, pods: 0, storageBytes: 0 });
  });
});
