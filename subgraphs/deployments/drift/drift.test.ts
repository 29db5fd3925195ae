import { describe, expect, it } from 'vitest';
import type { KubernetesObject } from '../../shared/kubernetes/wire.js';
import { driftOf, driftText, kindAndName } from './drift.js';

const workload = (spec: object, kind = 'Deployment'): KubernetesObject =>
  ({ apiVersion: 'apps/v1', kind, metadata: { name: 'web', labels: { a: '1' } }, spec }) as KubernetesObject;
const drift = (wanted: object, live: object) => {
  const object = workload(wanted);
  return driftOf([object], new Map([[kindAndName(object), workload(live)]]));
};
const container = (change: object) => ({ containers: [{ name: 'web', ...change }] });

describe('drift', () => {
  it.each([
    ['what Kubernetes leaves out', { paused: false, env: [], at: 0, text: '' }, {}],
    ['what it adds', container({ image: 'a' }), container({ image: 'a', imagePullPolicy: 'Always' })],
    ['what others add to a list', container({}), { containers: [{ name: 'mesh' }, { name: 'web' }] }],
    [
      'another form of an amount',
      container({ resources: { requests: { cpu: '1000m', memory: '1024Mi' } } }),
      container({ resources: { requests: { cpu: '1', memory: '1Gi' } } }),
    ],
    ['what is in empty metadata', { annotations: {} }, { annotations: { mine: 'x' } }],
  ])('is not %s', (_, wanted, live) => expect(drift(wanted, live)).toEqual([]));

  it.each([
    ['a value', { replicas: 2 }, { replicas: 5 }, 'replicas', 2, 5],
    ['a field that is gone', { replicas: 2 }, {}, 'replicas', 2, null],
    ['a field that is no longer off', { paused: false }, { paused: true }, 'paused', false, true],
    ['an item that is gone', container({}), { containers: [] }, 'containers.web', 'applied', null],
    [
      'a variable that only looks like the same amount',
      container({ env: [{ name: 'N', value: '1000m' }] }),
      container({ env: [{ name: 'N', value: '1' }] }),
      'containers.web.env.N.value',
      '1000m',
      '1',
    ],
    ['a list without names', { args: ['a', 'b'] }, { args: ['a'] }, 'args', ['a', 'b'], ['a']],
  ])('is %s', (_, wanted, live, path, before, after) =>
    expect(drift(wanted, live)).toEqual([{ path: `Deployment/web.spec.${path}`, before, after }]),
  );

  it('does not show what looks like a secret', () => {
    const variable = (value: string) => container({ env: [{ name: 'DB_PASSWORD', value }] });
    expect(drift(variable('old'), variable('new'))).toMatchObject([{ before: '***', after: '***' }]);
  });

  it('is not the number of pods that an autoscaler wants, but somebody else’s is', () => {
    const wanted = workload({ replicas: 2 });
    const live = new Map([[kindAndName(wanted), workload({ replicas: 4 })]]);
    const autoscaler = workload({}, 'HorizontalPodAutoscaler');
    expect(driftOf([wanted], live)).toHaveLength(1);
    expect(driftOf([wanted, autoscaler], new Map([...live, [kindAndName(autoscaler), autoscaler]]))).toEqual(
      [],
    );
  });

  it('is an object that is gone; a line names the first few', () => {
    const objects = ['a', 'b', 'c', 'd', 'e', 'f'].map(
      (name): KubernetesObject => ({ kind: 'Service', metadata: { name } }),
    );
    const changes = driftOf(objects, new Map());
    expect(changes[0]).toEqual({ path: 'Service/a', before: 'applied', after: null });
    expect(driftText(changes)).toBe(
      'Service/a (gone), Service/b (gone), Service/c (gone), Service/d (gone), Service/e (gone) and 1 more',
    );
  });
});
