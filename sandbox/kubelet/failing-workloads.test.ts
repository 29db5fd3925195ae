import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { KubernetesObject } from '../storage/api.js';
import { readCapture, type SimulatedCluster, simulateCluster } from './simulated-cluster.js';

const exchanges = readCapture('07-deployment-failures').exchanges;
const created = exchanges.filter(
  ({ request }) => request.method === 'POST' && /cap-07\/deployments$/.test(request.path ?? request.url),
);
const recorded = (note: string) => exchanges.find((exchange) => exchange.note === note).response.body;

const conditionsOf = ({ status }: any): string[] =>
  status.conditions.map(({ type, status: is, reason }: any) => `${type}=${is}/${reason ?? ''}`).sort();

/** The state of the first container, without what depends on time and registry. */
const stateOf = ({ status }: any) => {
  const [container] = status.containerStatuses;
  return {
    phase: status.phase,
    waiting: container.state.waiting?.reason,
    exitCode: (container.state.terminated ?? container.lastState.terminated)?.exitCode,
    exitReason: (container.state.terminated ?? container.lastState.terminated)?.reason,
  };
};

const reasonsOf = (events: any[]): string[] =>
  [...new Set(events.map(({ type, reason }) => `${type} ${reason}`))].sort();

/** Name of the deployment, note of its pods in the capture, and when that was read. */
const cases = [
  ['badimage', 'ErrImagePull', 'ImagePullBackOff', 15_671],
  ['nocm', 'CreateContainerConfigError', 'CreateContainerConfigError', 15_684],
  ['nosecretvol', 'ContainerCreating with FailedMount', 'ContainerCreating with FailedMount', 17_192],
  ['nocmd', 'command not found', 'command not found', 17_201],
  ['badname', 'InvalidImageName', 'InvalidImageName', 17_216],
  ['never', 'ErrImageNeverPull', 'ErrImageNeverPull', 17_221],
  ['crash', 'CrashLoopBackOff', 'CrashLoopBackOff', 28_621],
] as const;

describe('workloads that failed on a real cluster', () => {
  let cluster: SimulatedCluster;

  beforeAll(async () => {
    cluster = simulateCluster();
    for (const { request } of created) {
      const draft = structuredClone(request.body);
      draft.metadata.namespace = 'demo';
      if (draft.metadata.name === 'badimage')
        draft.spec.template.metadata.annotations = { 'sandbox.meridian.dev/fault': 'image-pull' };
      cluster.api.create('deployments', draft);
    }
    await cluster.clock.advance(100);
  });
  afterAll(() => cluster.dispose());

  const podOf = (app: string): KubernetesObject => {
    const [pod] = cluster.pods(app);
    if (!pod) throw new Error(`there is no pod of ${app}`);
    return pod;
  };
  const eventsOf = (pod: KubernetesObject) =>
    cluster.events('Pod').filter((event) => event['involvedObject'].name === pod.metadata.name);
  const waits = (app: string, reason: string) => () =>
    podOf(app)['status'].containerStatuses?.[0].state.waiting?.reason === reason;

  it.each(cases)('shows %s in the recorded state', async (app, _, note) => {
    const pod = recorded(`${note}: pods`).items[0];
    const { waiting } = stateOf(pod);
    await cluster.until(waits(app, waiting));
    const expected = stateOf(pod);
    const found = stateOf(podOf(app));
    expect(found).toEqual(expected);
    expect(podOf(app)['status'].conditions.map(({ type, status }: any) => `${type}=${status}`)).toEqual(
      pod.status.conditions.map(({ type, status }: any) => `${type}=${status}`),
    );
  });

  it.each(['nocm', 'badname', 'never'])('records the events of %s in the recorded words', (app) => {
    const messages = (events: any[]) => [
      ...new Set(events.map(({ reason, message }) => `${reason}: ${message}`)),
    ];
    const withoutNames = (list: string[]) =>
      list
        .filter((message) => !/^(Scheduled|FailedMount|Pulled|Pulling)/.test(message))
        .map((message) => message.replaceAll(/\w+-[\w-]+_[\w-]+\([\w-]+\)/g, 'POD'))
        .sort();
    const note = cases.find(([name]) => name === app)?.[2];
    const real = recorded(`${note}: events of the pod`).items;
    expect(withoutNames(messages(eventsOf(podOf(app))))).toEqual(withoutNames(messages(real)));
  });

  it('does not schedule what asks for more than any node has', async () => {
    const real = recorded('unschedulable: pods').items[0].status.conditions[0];
    const [condition] = podOf('huge')['status'].conditions;
    expect(condition).toMatchObject({ type: 'PodScheduled', status: 'False', reason: 'Unschedulable' });
    expect(condition.message).toBe(real.message);
    expect(eventsOf(podOf('huge')).map((event) => event['message'])).toContain(real.message);
  });

  it('does not schedule what selects a node that is not there', () => {
    const real = recorded('nodeSelector: pods').items[0].status.conditions[0];
    expect(podOf('nonode')['status'].conditions[0].message).toBe(real.message);
  });

  it('counts a crash loop as progressed but unavailable, as a real cluster does', async () => {
    await cluster.until(waits('crash', 'CrashLoopBackOff'));
    const real = recorded('CrashLoopBackOff: deployment');
    expect(conditionsOf(cluster.api.get('deployments', 'demo', 'crash'))).toEqual(conditionsOf(real));
    expect(podOf('crash')['status'].containerStatuses[0].state.waiting.message).toMatch(
      /^back-off \d+s restarting failed container=main pod=crash-[a-z0-9]+-[a-z0-9]{5}_demo\([0-9a-f-]{36}\)$/,
    );
  });

  it('doubles the wait between restarts', async () => {
    const seen = new Set<string>();
    await cluster.until(() => {
      const message: string | undefined =
        podOf('crash')['status'].containerStatuses[0].state.waiting?.message;
      if (message?.startsWith('back-off')) seen.add(message.split(' ')[1] ?? '');
      return seen.size === 3;
    });
    expect([...seen]).toEqual(expect.arrayContaining(['20s', '40s']));
  });

  it('kills a container that uses more memory than its limit', async () => {
    const terminated = () => podOf('oom')['status'].containerStatuses[0].lastState.terminated;
    await cluster.until(() => terminated() !== undefined);
    expect(terminated()).toMatchObject({ exitCode: 137, reason: 'OOMKilled' });
  });

  it('restarts a container whose liveness probe fails', async () => {
    await cluster.until(() => podOf('unlive')['status'].containerStatuses[0].restartCount > 0);
    const real = recorded('liveness restart: events of the pod').items;
    const wanted = reasonsOf(
      real.filter(({ reason }: any) => reason !== 'FailedMount' && reason !== 'BackOff'),
    );
    expect(
      reasonsOf(eventsOf(podOf('unlive')).filter((event) => !/Pulling|BackOff/.test(event['reason']))),
    ).toEqual(wanted);
  });

  it('keeps the main container waiting while an init container fails', async () => {
    await cluster.until(
      () =>
        podOf('initfail')['status'].initContainerStatuses?.[0].state.waiting?.reason === 'CrashLoopBackOff',
    );
    const real = recorded('Init:CrashLoopBackOff: pods').items[0].status;
    const { status } = podOf('initfail') as any;
    expect(status.phase).toBe(real.phase);
    expect(status.containerStatuses[0].state.waiting.reason).toBe(
      real.containerStatuses[0].state.waiting.reason,
    );
    expect(status.conditions.map(({ type, reason }: any) => `${type} ${reason ?? ''}`)).toEqual(
      real.conditions.map(({ type, reason }: any) => `${type} ${reason ?? ''}`),
    );
  });

  it('gives up on rollouts after their progress deadline', async () => {
    const exceeded = (name: string) =>
      cluster.api
        .get('deployments', 'demo', name)
        ?.['status'].conditions.some(({ reason }: any) => reason === 'ProgressDeadlineExceeded');
    await cluster.until(() => exceeded('badimage') && exceeded('unready'));
    for (const [name, note] of [
      ['badimage', 'ProgressDeadlineExceeded (bad image): deployment'],
      ['unready', 'ProgressDeadlineExceeded (never ready): deployment'],
    ] as const)
      expect(conditionsOf(cluster.api.get('deployments', 'demo', name))).toEqual(
        conditionsOf(recorded(note)),
      );
  });

  it('keeps the lines of a crashed container as its previous log', () => {
    const log = cluster.runtime.log(podOf('crash'), 'main', { previous: true });
    expect(log?.history().map(({ text }) => text)).toEqual(['boom']);
  });
});

describe('a quota', () => {
  it('shows refused pods as ReplicaFailure', async () => {
    const cluster = simulateCluster();
    cluster.api.create('resourcequotas', {
      metadata: { name: 'q', namespace: 'demo' },
      spec: { hard: { pods: '1' } },
    });
    const [post] = exchanges.filter(({ note }) => note === 'deployment of 3 against a quota of 1 pod');
    cluster.api.create('deployments', {
      ...structuredClone(post.request.body),
      metadata: { name: 'web', namespace: 'demo' },
    });
    const deployment = () => cluster.api.get('deployments', 'demo', 'web') as any;
    await cluster.until(() => deployment().status?.availableReplicas === 1);
    const real = recorded('deployment with ReplicaFailure');
    expect(conditionsOf(deployment())).toEqual(conditionsOf(real));
    const failure = deployment().status.conditions.find(({ type }: any) => type === 'ReplicaFailure');
    expect(failure.message).toMatch(
      /^pods "web-\w+-\w{5}" is forbidden: exceeded quota: q, requested: pods=1, used: pods=1, limited: pods=1$/,
    );
    const { unavailableReplicas, replicas } = real.status;
    expect(deployment().status).toMatchObject({ unavailableReplicas, replicas });
    cluster.dispose();
  });
});
