import { describe, expect, it } from 'vitest';
import type { Pod } from '../../shared/kubernetes/resources.js';
import { requestedResources } from './pod-requests.js';

const container = (cpu?: string, memory?: string, more: object = {}) => ({
  name: 'c',
  resources: { requests: { ...(cpu ? { cpu } : {}), ...(memory ? { memory } : {}) } },
  ...more,
});
const sidecar = (cpu: string) => container(cpu, undefined, { restartPolicy: 'Always' });
const pod = (spec: object, phase = 'Running'): Pod =>
  ({ metadata: { name: 'p' }, spec, status: { phase } }) as Pod;
const cpuOf = (spec: object): number => requestedResources([pod(spec)]).cpuCores;

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

  it('counts sidecars with the containers, and with the init containers that start after them', () => {
    const containers = [container('1')];
    expect(cpuOf({ containers, initContainers: [sidecar('500m')] })).toBe(1.5);
    expect(cpuOf({ containers, initContainers: [sidecar('500m'), container('2')] })).toBe(2.5);
    expect(cpuOf({ containers, initContainers: [container('2'), sidecar('500m')] })).toBe(2);
    expect(cpuOf({ containers, initContainers: [sidecar('500m'), container('700m'), sidecar('300m')] })).toBe(
      1.8,
    );
  });

  it('adds the overhead, also to what a pod asks for as a whole', () => {
    const containers = [container('1', '1Gi')];
    expect(cpuOf({ containers, overhead: { cpu: '250m' } })).toBe(1.25);
    const whole = { containers, resources: { requests: { cpu: '3' } }, overhead: { cpu: '250m' } };
    expect(requestedResources([pod(whole)])).toMatchObject({ cpuCores: 3.25, memoryBytes: 1024 ** 3 });
  });

  it('does not count pods that are finished', () => {
    const pods = ['Succeeded', 'Failed', 'Pending'].map((phase) =>
      pod({ containers: [container('1')] }, phase),
    );
    expect(requestedResources(pods)).toMatchObject({ cpuCores: 1, pods: 1 });
  });

  it('is exact for many pods', () => {
    const pods = Array.from({ length: 1_000 }, () => pod({ containers: [container('100m')] }));
    expect(requestedResources(pods).cpuCores).toBe(100);
  });
});
