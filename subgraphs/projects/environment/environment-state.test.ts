import { describe, expect, it } from 'vitest';
import type { ObservedNamespace } from './environment-observer.client.js';
import { environmentStatus, toObservation } from './environment-state.js';

const owner = { uid: 'u', environmentId: 'e', projectId: 'p', terminating: false };
const observed = (more: Partial<ObservedNamespace>): ObservedNamespace => ({
  owner,
  hard: undefined,
  used: undefined,
  known: true,
  observation: { observedAt: new Date(0), stale: false },
  ...more,
});
const ready = { id: 'e', state: 'READY', clusterId: 'c', namespace: 'shop-dev' } as const;

describe('the status of an environment', () => {
  it('is READY only when its own namespace was seen', () => {
    expect(environmentStatus(ready, observed({}))).toBe('READY');
    expect(environmentStatus(ready, observed({ owner: undefined }))).toBe('UNKNOWN');
    expect(environmentStatus(ready, observed({ known: false }))).toBe('UNKNOWN');
    expect(environmentStatus(ready, observed({ owner: { ...owner, environmentId: 'other' } }))).toBe(
      'UNKNOWN',
    );
    expect(environmentStatus(ready, observed({ owner: { ...owner, environmentId: null } }))).toBe('UNKNOWN');
  });

  it('is what is wanted while that is on its way', () => {
    expect(environmentStatus({ ...ready, state: 'CREATING' }, observed({}))).toBe('CREATING');
    expect(environmentStatus({ ...ready, state: 'DELETING' }, observed({ owner: undefined }))).toBe(
      'TERMINATING',
    );
    expect(environmentStatus(ready, observed({ owner: { ...owner, terminating: true } }))).toBe(
      'TERMINATING',
    );
  });

  it('stays the last one known while the cluster does not answer, and says so', () => {
    const error = { code: 'CLUSTER_UNAVAILABLE', message: 'It refuses connections.' };
    const stale = observed({ observation: { observedAt: new Date(0), stale: true, error } });
    expect(environmentStatus(ready, stale)).toBe('READY');
    expect(toObservation(ready, stale)).toEqual({
      cluster: { id: 'c' },
      observedAt: new Date(0),
      stale: true,
      error,
    });
  });

  it('names a namespace that is missing', () => {
    expect(toObservation(ready, observed({ owner: undefined })).error).toEqual({
      code: 'NOT_FOUND',
      message: 'The cluster has no namespace "shop-dev" of this environment.',
    });
  });
});
