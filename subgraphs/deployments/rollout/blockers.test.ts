import { describe, expect, it } from 'vitest';
import type { Deployment, Pod } from '../../shared/kubernetes/resources.js';
import { blockersOf } from './blockers.js';

const now = Date.parse('2026-11-22T18:10:00Z');
const at = (seconds: number): string => new Date(now - seconds * 1_000).toISOString();
const probe = { httpGet: { path: '/up', port: 8080 } };

function pod(change: { spec?: object; status?: object; metadata?: object }): Pod {
  return {
    metadata: { name: 'web-1', creationTimestamp: at(60), ...change.metadata },
    spec: { nodeName: 'node-1', containers: [{ name: 'web', image: 'shop/web:2' }], ...change.spec },
    status: {
      phase: 'Running',
      conditions: [{ type: 'Ready', status: 'False', lastTransitionTime: at(60) }],
      ...change.status,
    },
  } as unknown as Pod;
}

const found = (one: Pod) => blockersOf(now, { workload: {} as Deployment, replicaSets: [], pods: [one] });
const restarting = (exitCode: number, started: boolean) => ({
  containerStatuses: [
    {
      name: 'web',
      ready: false,
      started,
      restartCount: 3,
      state: { running: {} },
      lastState: { terminated: { exitCode, reason: 'Error', finishedAt: at(5) } },
    },
  ],
});

const unschedulable = (why: string) =>
  pod({
    status: {
      phase: 'Pending',
      conditions: [
        {
          type: 'PodScheduled',
          status: 'False',
          reason: 'Unschedulable',
          message: `0/3 nodes are available: ${why} preemption: 0/3 nodes are available.`,
          lastTransitionTime: at(60),
        },
      ],
    },
  });

describe('what keeps pods from getting on', () => {
  it.each<[string, Pod, string, string | RegExp]>([
    [
      'a startup probe that never succeeds',
      pod({
        spec: { containers: [{ name: 'web', image: 'shop/web:2', startupProbe: probe }] },
        status: restarting(137, false),
      }),
      'CRASH_LOOP',
      'its startup probe (GET /up on port 8080) does not succeed in time',
    ],
    [
      'a liveness probe that fails',
      pod({
        spec: { containers: [{ name: 'web', image: 'shop/web:2', livenessProbe: probe }] },
        status: restarting(143, true),
      }),
      'CRASH_LOOP',
      'its liveness probe (GET /up on port 8080) fails',
    ],
    [
      'a program that ends by itself, whatever probes it has',
      pod({
        spec: { containers: [{ name: 'web', image: 'shop/web:2', livenessProbe: probe }] },
        status: restarting(3, true),
      }),
      'CRASH_LOOP',
      'keeps ending with exit code 3',
    ],
    [
      'an init container that fails',
      pod({
        spec: { initContainers: [{ name: 'migrate', image: 'shop/migrate:2' }] },
        status: {
          phase: 'Pending',
          initContainerStatuses: [
            {
              name: 'migrate',
              ready: false,
              restartCount: 2,
              state: { waiting: { reason: 'CrashLoopBackOff' } },
              lastState: { terminated: { exitCode: 1, finishedAt: at(5) } },
            },
          ],
        },
      }),
      'CRASH_LOOP',
      'Init container migrate keeps ending with exit code 1',
    ],
    [
      'a command that is not in the image, also while it waits to be started again',
      pod({
        status: {
          containerStatuses: [
            {
              name: 'web',
              ready: false,
              restartCount: 3,
              state: {
                waiting: { reason: 'CrashLoopBackOff', message: 'back-off 40s restarting web-1_shop(5f)' },
              },
              lastState: {
                terminated: { exitCode: 128, reason: 'StartError', message: 'exec: "/run": no such file' },
              },
            },
          ],
        },
      }),
      'CONFIGURATION',
      /^Container web can't be started: exec: "\/run": no such file\. Check command and args/,
    ],
    [
      'a Secret that is not there',
      pod({
        status: {
          phase: 'Pending',
          containerStatuses: [
            {
              name: 'web',
              ready: false,
              restartCount: 0,
              state: { waiting: { reason: 'CreateContainerConfigError', message: 'secret "key" not found' } },
            },
          ],
        },
      }),
      'CONFIGURATION',
      /secret "key" not found\. Create what is missing, or deploy without it/,
    ],
    ['no room on any node', unschedulable('3 Insufficient cpu.'), 'UNSCHEDULABLE', 'Lower its requests'],
    [
      'a node selector that no node fits',
      unschedulable("3 node(s) didn't match Pod's node affinity/selector."),
      'UNSCHEDULABLE',
      /selector\. Choose other labels in nodeSelector\.$/,
    ],
    [
      'taints that the pod does not bear',
      unschedulable('1 Insufficient memory, 2 node(s) had untolerated taint {gpu: yes}.'),
      'UNSCHEDULABLE',
      /Lower its requests, or ask for more nodes\. Bear the taint with tolerations, if you may\.$/,
    ],
    [
      'a claim without a volume',
      unschedulable('pod has unbound immediate PersistentVolumeClaims.'),
      'VOLUME',
      'its claim is not bound yet: ',
    ],
    [
      'an image that is not for everybody',
      pod({
        status: {
          phase: 'Pending',
          containerStatuses: [
            {
              name: 'web',
              ready: false,
              restartCount: 0,
              state: { waiting: { reason: 'ImagePullBackOff', message: 'pull access denied' } },
            },
          ],
        },
      }),
      'IMAGE_PULL',
      'give the service an imagePullSecret',
    ],
    [
      'an image pull secret that does not help',
      pod({
        spec: { imagePullSecrets: [{ name: 'registry' }] },
        status: {
          phase: 'Pending',
          containerStatuses: [
            { name: 'web', ready: false, restartCount: 0, state: { waiting: { reason: 'ErrImagePull' } } },
          ],
        },
      }),
      'IMAGE_PULL',
      'the Secret registry: check that it is there',
    ],
    [
      'a node that is short of memory',
      pod({
        status: {
          phase: 'Failed',
          reason: 'Evicted',
          message: 'The node was low on resource: memory.',
          conditions: [
            {
              type: 'DisruptionTarget',
              status: 'True',
              reason: 'TerminationByKubelet',
              lastTransitionTime: at(9),
            },
          ],
        },
      }),
      'EVICTED',
      'short of memory, disk or processes: The node was low on resource: memory.',
    ],
    [
      'pods of a higher priority',
      pod({
        metadata: { deletionTimestamp: at(3) },
        status: {
          conditions: [
            {
              type: 'DisruptionTarget',
              status: 'True',
              reason: 'PreemptionByScheduler',
              lastTransitionTime: at(3),
            },
          ],
        },
      }),
      'EVICTED',
      'to make room for pods of a higher priority',
    ],
    [
      'a node that is lost',
      pod({
        status: {
          containerStatuses: [{ name: 'web', ready: true, restartCount: 0, state: { running: {} } }],
        },
      }),
      'NODE_LOST',
      'Node node-1 does not answer',
    ],
    [
      'a program that takes long to start',
      pod({
        spec: {
          containers: [{ name: 'web', image: 'shop/web:2', startupProbe: probe, readinessProbe: probe }],
        },
        status: {
          containerStatuses: [
            { name: 'web', ready: false, started: false, restartCount: 0, state: { running: {} } },
          ],
        },
      }),
      'NOT_READY',
      'its startup probe (GET /up on port 8080) does not succeed',
    ],
  ])('%s', (_, one, kind, words) => {
    const [blocker, ...others] = found(one);
    expect(blocker).toMatchObject({ kind, pods: ['web-1'] });
    if (typeof words === 'string') expect(blocker?.message).toContain(words);
    else expect(blocker?.message).toMatch(words);
    expect(others).toEqual([]);
  });

  it('names pods together that end alike, however often each did', () => {
    const again = (name: string, restartCount: number) => {
      const one = pod({ metadata: { name }, status: restarting(3, true) });
      const [status] = one.status?.containerStatuses ?? [];
      if (status) status.restartCount = restartCount;
      return one;
    };
    const pods = [again('web-1', 3), again('web-2', 4)];
    expect(blockersOf(now, { workload: {} as Deployment, replicaSets: [], pods })).toMatchObject([
      { kind: 'CRASH_LOOP', pods: ['web-1', 'web-2'] },
    ]);
  });

  it('says that the node is lost, whatever was last heard of pods that were never ready', () => {
    const waiting = pod({
      status: {
        phase: 'Pending',
        containerStatuses: [
          { name: 'web', ready: false, restartCount: 0, state: { waiting: { reason: 'ContainerCreating' } } },
        ],
      },
    });
    const crashing = pod({ status: restarting(3, true) });
    const facts = { workload: {} as Deployment, replicaSets: [], lostNodes: new Map([['node-1', at(90)]]) };
    for (const one of [waiting, crashing]) {
      expect(blockersOf(now, { ...facts, pods: [one] })).toMatchObject([
        { kind: 'NODE_LOST', since: at(90), message: expect.stringContaining('Node node-1 does not answer') },
      ]);
    }
    const ready = [{ type: 'Ready', status: 'True', lastTransitionTime: at(60) }];
    expect(blockersOf(now, { ...facts, pods: [pod({ status: { conditions: ready } })] })).toEqual([]);
    const elsewhere = pod({ spec: { nodeName: 'node-2' }, status: restarting(3, true) });
    expect(blockersOf(now, { ...facts, pods: [elsewhere] })).toMatchObject([{ kind: 'CRASH_LOOP' }]);
  });

  it('says nothing of a pod that is being stopped, nor of an eviction long ago', () => {
    expect(found(pod({ metadata: { deletionTimestamp: at(1) } }))).toEqual([]);
    const old = {
      type: 'DisruptionTarget',
      status: 'True',
      reason: 'EvictionByEvictionAPI',
      lastTransitionTime: at(3_600),
    };
    expect(found(pod({ metadata: { deletionTimestamp: at(1) }, status: { conditions: [old] } }))).toEqual([]);
  });
});
