import { describe, expect, it } from 'vitest';
import { BadUserInputError } from '../../shared/errors.js';
import { changedQuota, defaultQuota, sameHardLimits, toHardLimits, toUsedResources } from './quota.js';

describe('a change of quota', () => {
  it('keeps what is left out, takes limits away by null, and writes quantities in one way', () => {
    expect(changedQuota(defaultQuota, { cpu: '2000m', memory: '1024Mi', pods: null, services: 0 })).toEqual({
      cpu: '2',
      memory: '1Gi',
      pods: null,
      storage: '100Gi',
      services: 0,
    });
  });

  it.each([
    ['cpu', '-1'],
    ['memory', '1X'],
    ['pods', -1],
    ['services', 100_001],
  ] as const)('is refused at its field: %s %s', (name, value) => {
    expect.assertions(2);
    try {
      changedQuota(defaultQuota, { [name]: value });
    } catch (error) {
      expect(error).toBeInstanceOf(BadUserInputError);
      expect((error as BadUserInputError).field).toEqual(['input', 'quota', name]);
    }
  });
});

describe('a quota and its ResourceQuota', () => {
  it('say the same whatever way the cluster writes it', () => {
    const hard = { ...toHardLimits(defaultQuota), 'requests.cpu': '8000m', 'requests.memory': '16384Mi' };
    expect(sameHardLimits(defaultQuota, hard)).toBe(true);
    expect(sameHardLimits(defaultQuota, { ...hard, pods: '99' })).toBe(false);
    expect(sameHardLimits(defaultQuota, { ...hard, 'limits.cpu': '8' })).toBe(false);
    expect(sameHardLimits({ ...defaultQuota, pods: null }, hard)).toBe(false);
    expect(sameHardLimits(defaultQuota, undefined)).toBe(false);
  });

  it('show what is used, and nothing where nothing is counted', () => {
    expect(toUsedResources({ 'requests.cpu': '1500m', pods: '3', 'requests.memory': 'lots' })).toEqual({
      cpu: '1500m',
      memory: null,
      pods: 3,
      storage: null,
      services: null,
    });
  });
});
