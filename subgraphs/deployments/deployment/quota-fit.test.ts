import { describe, expect, it } from 'vitest';
import type { ResourceQuota } from '../../shared/kubernetes/resources.js';
import { pieces, podUsage } from '../preflight/quota-usage.js';
import { momentsOf, type Replacement } from '../preflight/rollout-moments.js';
import { defaultSpec, type ServiceSpec, type StrategySpec } from '../service/service-spec.js';
import { impossiblePod, quotaFit } from './quota-fit.js';

const spec = (replicas: number, strategy: Partial<StrategySpec> = {}): ServiceSpec => ({
  ...defaultSpec,
  image: 'nginx:1.27',
  replicas,
  strategy: { ...defaultSpec.strategy, maxSurge: '1', maxUnavailable: '0', ...strategy },
});
const pod = (cpu: string) => podUsage({ requests: { cpu }, limits: {} });
const quota = (
  hard: Record<string, string>,
  used: Record<string, string>,
  more: object = {},
): ResourceQuota => ({
  spec: { hard, ...more },
  status: { hard, used },
});

/** What is needed of CPU and pods beyond what runs. */
function needed(
  wanted: ServiceSpec,
  running: string[],
  replacement: Replacement = 'REPLACED',
  cpu = '100m',
): Record<string, string> {
  const fit = quotaFit([quota({ pods: '100', 'requests.cpu': '100' }, { pods: '0', 'requests.cpu': '0' })], {
    pod: pod(cpu),
    running: running.map(pod),
    moments: momentsOf(wanted, running.length, replacement),
    objects: new Map(),
  });
  return Object.fromEntries(fit.map(({ resource, needed: amount }) => [resource, amount]));
}
const four = ['100m', '100m', '100m', '100m'];

describe('what a rollout needs of a quota', () => {
  it.each([
    ['all its pods when nothing runs', needed(spec(4), []), '4', '400m'],
    ['the surge when it replaces', needed(spec(4), four), '1', '100m'],
    ['25 % of surge, rounded up', needed(spec(5, { maxSurge: '25%' }), four), '3', '300m'],
    [
      'new pods that are larger beside the last old one',
      needed(spec(4), four, 'REPLACED', '1'),
      '1',
      '3700m',
    ],
    ['nothing when it recreates the same', needed(spec(4, { type: 'RECREATE' }), four), '0', '0'],
    [
      'the difference when it recreates larger ones',
      needed(spec(4, { type: 'RECREATE' }), four, 'REPLACED', '200m'),
      '0',
      '400m',
    ],
    ['what it scales up by', needed(spec(6), four, 'SCALED'), '2', '200m'],
    ['nothing when it scales down', needed(spec(1), four, 'SCALED'), '0', '0'],
    [
      'a canary’s pods beside the old ones, and the surge while the main workload takes over',
      needed(
        spec(4, {
          type: 'CANARY',
          steps: [
            { percent: 25, pauseSeconds: 1 },
            { percent: 50, pauseSeconds: 1 },
          ],
        }),
        four,
        'CANARY',
      ),
      '3',
      '300m',
    ],
  ])('is %s', (_, found, pods, cpu) => expect(found).toEqual({ pods, 'requests.cpu': cpu }));

  it('counts objects that are new, and fits where nothing more is needed though the quota is overdrawn', () => {
    const fit = quotaFit([quota({ services: '2', pods: '1' }, { services: '2', pods: '3' })], {
      pod: pod('1'),
      running: [pod('1')],
      moments: [{ fresh: 0, old: 1 }],
      objects: new Map([['services', pieces(1)]]),
    });
    expect(fit).toEqual([
      { resource: 'services', limit: '2', used: '2', needed: '1', fits: false },
      { resource: 'pods', limit: '1', used: '3', needed: '0', fits: true },
    ]);
  });

  it('is asked only of quotas whose scopes a service’s pods have', () => {
    const scoped = (scope: string) => quota({ pods: '1' }, { pods: '0' }, { scopes: [scope] });
    const need = { pod: pod('1'), running: [], moments: [{ fresh: 2, old: 0 }], objects: new Map() };
    expect(quotaFit([scoped('Terminating'), scoped('BestEffort')], need)).toEqual([]);
    expect(quotaFit([scoped('NotTerminating'), scoped('NotBestEffort')], need)).toHaveLength(2);
  });
});

describe('a pod that a quota never lets be made', () => {
  it('is larger than the whole quota, or does not say what the quota limits', () => {
    expect(impossiblePod([quota({ 'requests.cpu': '1' }, {})], pod('2'))).toContain(
      'One pod needs 2 requests.cpu',
    );
    expect(impossiblePod([quota({ 'limits.memory': '1Gi' }, {})], pod('1'))).toContain('give limits.memory');
    expect(
      impossiblePod([quota({ cpu: '2', pods: '1' }, { cpu: '2', pods: '1' })], pod('2')),
    ).toBeUndefined();
  });
});
