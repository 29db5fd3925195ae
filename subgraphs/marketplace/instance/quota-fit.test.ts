import { describe, expect, it } from 'vitest';
import type { ResourceQuota } from '../../shared/kubernetes/resources.js';
import { builtInCatalogue, Catalogue } from '../offering/catalogue.js';
import type { Offering } from '../offering/offering.js';
import { workloadOf } from './instance-manifests.js';
import { extraNeeds, needsOf, quotaShortfalls } from './quota-fit.js';

const redis = Catalogue.load([builtInCatalogue()]).find('redis') as Offering;
const objects = (replicas: number, claimSize = '1Gi') =>
  workloadOf(redis, {
    id: 'instance_1',
    name: 'cache',
    namespace: 'shop-dev',
    credentialsSecret: 'cache-credentials',
    plan: { name: 'x', description: 'x', replicas, cpu: '100m', memory: '128Mi', storage: '1Gi' },
    version: '8.2',
    parameters: { maxmemoryPolicy: 'noeviction', appendOnly: 'yes', databases: 16 },
    storageClass: 'fast',
    claimSize,
  });
const quota = (hard: Record<string, string>, used: Record<string, string> = {}, spec: object = {}) =>
  ({ spec: { hard, ...spec }, status: { hard, used } }) as ResourceQuota;

describe('what an instance takes of a quota', () => {
  it.each([
    ['pods', '2'],
    ['requests.cpu', '199m'],
    ['limits.cpu', '199m'],
    ['cpu', '199m'],
    ['limits.memory', '255Mi'],
    ['requests.storage', '2047Mi'],
    ['persistentvolumeclaims', '1'],
    ['services', '0'],
    ['configmaps', '0'],
    ['count/statefulsets.apps', '0'],
    ['fast.storageclass.storage.k8s.io/requests.storage', '2047Mi'],
  ])('counts %s', (name, hard) => {
    const short = quotaShortfalls(
      [quota({ [name]: hard }, name === 'pods' ? { pods: '1' } : {})],
      needsOf(objects(2)),
    );
    expect(short).toHaveLength(1);
    expect(short[0]).toContain(`${name}: `);
  });

  it('fits when it fills the quota exactly', () => {
    const hard = { pods: '2', 'requests.cpu': '200m', 'limits.memory': '256Mi', 'requests.storage': '2Gi' };
    expect(quotaShortfalls([quota(hard)], needsOf(objects(2)))).toEqual([]);
  });

  it('says what is needed and what is used', () => {
    const tight = quota({ 'requests.storage': '10Gi' }, { 'requests.storage': '9728Mi' });
    expect(quotaShortfalls([tight], needsOf(objects(1)))).toEqual([
      'requests.storage: 1Gi needed, 9728Mi of 10Gi used',
    ]);
  });

  it('is only the difference when an instance changes', () => {
    const full = quota({ pods: '1', 'requests.storage': '1Gi' }, { pods: '1', 'requests.storage': '1Gi' });
    expect(quotaShortfalls([full], extraNeeds(needsOf(objects(1)), needsOf(objects(1))))).toEqual([]);
    expect(quotaShortfalls([full], extraNeeds(needsOf(objects(1)), needsOf(objects(1, '2Gi'))))).toEqual([
      'requests.storage: 1Gi needed, 1Gi of 1Gi used',
    ]);
  });

  it('passes over quotas of some pods only, and amounts it does not know', () => {
    const needs = needsOf(objects(1));
    expect(quotaShortfalls([quota({ pods: '0' }, {}, { scopes: ['Terminating'] })], needs)).toEqual([]);
    expect(quotaShortfalls([quota({ 'requests.nvidia.com/gpu': '0', pods: 'many' })], needs)).toEqual([]);
  });
});
