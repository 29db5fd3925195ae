import { describe, expect, it } from 'vitest';
import { podOf } from '../pod/pod.mapper.js';
import { choosePlace } from './exec-place.js';

const pod = podOf(
  {
    metadata: { name: 'web-1', namespace: 'dev', uid: 'uid_1' },
    spec: {
      nodeName: 'node-1',
      initContainers: [{ name: 'prepare' }, { name: 'proxy', restartPolicy: 'Always' }],
      containers: [{ name: 'web' }],
      ephemeralContainers: [{ name: 'debugger-abcde' }],
    },
    status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] },
  } as never,
  'cluster_1',
  undefined,
);
const choose = (container: string | null, debug = false): string =>
  choosePlace(
    [pod],
    { pod: null, container, debug },
    { id: 'service_1', clusterId: 'cluster_1', namespace: 'dev', name: 'web' } as never,
    {} as never,
  ).container;

describe('the place of a session (EX-7)', () => {
  it('is a container that serves: that of the service unless another is named', () => {
    expect([choose(null), choose('web'), choose('proxy')]).toEqual(['web', 'web', 'proxy']);
  });

  it.each([
    ['prepare', 'BAD_USER_INPUT', /only prepares the pod: choose "web" or "proxy"/],
    ['debugger-abcde', 'BAD_USER_INPUT', /debugging container of your own/],
    ['stranger', 'NOT_FOUND', /"stranger"/],
  ])('is never %s, also not to debug it', (container, code, message) => {
    for (const debug of [false, true]) {
      expect(() => choose(container, debug)).toThrow(
        expect.objectContaining({ code, message: expect.stringMatching(message) }),
      );
    }
  });
});
