import { describe, expect, it } from 'vitest';
import type { LimitRange } from '../../shared/kubernetes/resources.js';
import { amountsOf, limitRangeProblems } from './limit-ranges.js';

const range = (item: object, type = 'Container'): LimitRange[] => [
  { metadata: { name: 'bounds' }, spec: { limits: [{ type, ...item }] } },
];
const messages = (requests: string | null, limits: string | null, ranges: LimitRange[]): string[] =>
  limitRangeProblems(
    amountsOf({ requests: { cpu: requests, memory: null }, limits: { cpu: limits, memory: null } }, ranges),
    ranges,
  ).map(({ path, message }) => `${path.join('.')} ${message}`);

describe('a LimitRange', () => {
  it('fills in what is not given; a limit alone is the request too', () => {
    const ranges = range({
      default: { cpu: '1', memory: '1Gi' },
      defaultRequest: { cpu: '100m', memory: '64Mi' },
    });
    expect(amountsOf({ requests: null, limits: null }, ranges)).toEqual({
      requests: { cpu: '100m', memory: '64Mi' },
      limits: { cpu: '1', memory: '1Gi' },
    });
    expect(amountsOf({ requests: null, limits: { cpu: '2', memory: null } }, ranges)).toEqual({
      requests: { cpu: '2', memory: '64Mi' },
      limits: { cpu: '2', memory: '1Gi' },
    });
  });

  it.each([
    ['too little', '50m', '1', { min: { cpu: '100m' } }, /requests.cpu is 50m: raise it/],
    ['no request', null, null, { min: { cpu: '100m' } }, /requests.cpu is not given/],
    ['too much', '1', '3', { max: { cpu: '2' } }, /limits.cpu is 3: lower it/],
    ['no limit', '1', null, { max: { cpu: '2' } }, /limits.cpu is not given/],
    ['too wide a range', '100m', '1', { maxLimitRequestRatio: { cpu: '4' } }, /at most 4 times its request/],
    ['more than the limit it fills in', '2', null, { default: { cpu: '1' } }, /above the limit 1/],
  ])('refuses %s', (_, requests, limits, item, expected) => {
    expect(messages(requests, limits, range(item))).toEqual([expect.stringMatching(expected)]);
  });

  it('takes what is just within, and does not concern claims', () => {
    const bounds = { min: { cpu: '100m' }, max: { cpu: '1' }, maxLimitRequestRatio: { cpu: '10' } };
    expect(messages('100m', '1000m', range(bounds))).toEqual([]);
    expect(messages('5', '5', range(bounds, 'PersistentVolumeClaim'))).toEqual([]);
    expect(messages('5', '5', range(bounds, 'Pod'))).not.toEqual([]);
  });
});
