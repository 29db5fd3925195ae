import { describe, expect, it } from 'vitest';
import { podOf } from '../../../subgraphs/deployments/pod/pod.mapper.js';
import { blockersOf } from '../../../subgraphs/deployments/rollout/blockers.js';
import { type ClusterFacts, rolloutOf } from '../../../subgraphs/deployments/rollout/rollout.js';
import { deploymentLabel } from '../../../subgraphs/deployments/workload/labels.js';
import type { Deployment, Pod, ReplicaSet } from '../../../subgraphs/shared/kubernetes/resources.js';
import { type Exchange, loadRecording } from '../../sandbox/replay/recording.js';

const rolling = loadRecording('06-deployment-rolling-update');
const failures = loadRecording('07-deployment-failures');

const watched = (exchange: Exchange | undefined): { atMs: number; type: string; object: any }[] =>
  (exchange?.events ?? []).map(({ atMs, line }) => ({
    atMs,
    ...(typeof line === 'string' ? JSON.parse(line) : line),
  }));

/** Gives recorded objects the labels that Meridian's would have: the image stands for the deployment. */
function marked(object: any, isPod: boolean): any {
  const { containers } = isPod ? object.spec : object.spec.template.spec;
  const id = containers[0].image;
  return {
    ...object,
    metadata: {
      ...object.metadata,
      labels: { ...object.metadata.labels, [deploymentLabel]: id },
      annotations: { ...object.metadata.annotations, [deploymentLabel]: id },
    },
  };
}

/** What informers would have held after each recorded event. */
function* recordedStates(): Generator<{ at: number; facts: ClusterFacts & { workload: Deployment } }> {
  const kinds = [rolling[1], rolling[2], rolling[3]].map((exchange, kind) =>
    watched(exchange).map((event) => ({ ...event, kind })),
  );
  const objects = kinds.map(() => new Map<string, any>());
  for (const { atMs, type, object, kind } of kinds.flat().sort((a, b) => a.atMs - b.atMs)) {
    if (type === 'BOOKMARK') continue;
    if (type === 'DELETED') objects[kind]?.delete(object.metadata.name);
    else objects[kind]?.set(object.metadata.name, marked(object, kind === 2));
    const workload = objects[0]?.get('web') as Deployment | undefined;
    if (!workload) continue;
    yield {
      at: atMs,
      facts: {
        workload,
        canary: undefined,
        replicaSets: [...(objects[1]?.values() ?? [])] as ReplicaSet[],
        pods: [...(objects[2]?.values() ?? [])] as Pod[],
      },
    };
  }
}

const began = Date.parse(
  (watched(rolling[1])[0]?.object.metadata.creationTimestamp as string | undefined) ?? '',
);

describe('the rolling update of a real cluster', () => {
  const image = 'nginx:1.28';
  const record = {
    id: image,
    templateId: image,
    replicas: 4,
    progressDeadlineSeconds: 600,
    canary: null,
    createdAt: new Date(began),
    appliedAt: new Date(began),
  };
  const states = [...recordedStates()];
  const first = states.findIndex(({ facts }) => facts.workload.metadata?.labels?.[deploymentLabel] === image);
  const steps = states.slice(first).map(({ at, facts }) => ({
    facts,
    rollout: rolloutOf(record, facts, began + at),
  }));
  const end = steps.findIndex(({ rollout }) => rollout.phase === 'SUCCEEDED');

  it('goes from pending to progressing to succeeded, never back', () => {
    const phases = steps.slice(0, end + 1).map(({ rollout }) => rollout.phase);
    expect(phases.filter((phase, index) => phase !== phases[index - 1])).toEqual([
      'PENDING',
      'PROGRESSING',
      'SUCCEEDED',
    ]);
  });

  it('is not called succeeded before four new pods are ready and no old one is left that is not being stopped', () => {
    for (const { rollout, facts } of steps.slice(0, end)) {
      expect(rollout.percent).toBeLessThan(100);
      expect(facts.pods.length).toBeGreaterThan(0);
    }
    const { rollout, facts } = steps[end] as (typeof steps)[number];
    expect(rollout).toMatchObject({ updated: 4, ready: 4, available: 4, percent: 100 });
    const left = facts.pods.filter(
      ({ metadata }) => metadata?.labels?.[deploymentLabel] !== image && !metadata?.deletionTimestamp,
    );
    expect(left).toEqual([]);
  });

  it('shows old and new pods side by side on the way', () => {
    const mixed = steps.slice(0, end).filter(({ rollout }) => rollout.old > 0 && rollout.updated > 0);
    expect(mixed.length).toBeGreaterThan(3);
  });
});

function failing(note: string): { workload: Deployment; pods: Pod[]; now: number } {
  const about = failures.filter((exchange) => exchange.note.startsWith(note));
  const pods =
    about.findLast((exchange) => exchange.response?.body?.kind === 'PodList')?.response?.body.items ?? [];
  const workload =
    about.find((exchange) => exchange.response?.body?.kind === 'Deployment')?.response?.body ?? {};
  return { workload, pods, now: Date.parse('2026-11-22T18:14:05Z') };
}

describe('why a deployment does not get on, on a real cluster', () => {
  it.each([
    ['ImagePullBackOff: pods', 'IMAGE_PULL', 'nginx:9.99'],
    ['InvalidImageName', 'IMAGE_PULL', 'UPPER/Case:1'],
    ['ErrImageNeverPull', 'IMAGE_PULL', 'nginx:9.98'],
    ['CrashLoopBackOff', 'CRASH_LOOP', 'exit code 3'],
    ['liveness restart', 'CRASH_LOOP', 'its liveness probe (running false) fails'],
    ['Init:CrashLoopBackOff', 'CRASH_LOOP', 'setup'],
    ['unschedulable', 'UNSCHEDULABLE', 'Insufficient cpu'],
    ['nodeSelector', 'UNSCHEDULABLE', 'node'],
    ['CreateContainerConfigError', 'CONFIGURATION', 'configmap "not-there" not found'],
    ['command not found', 'CONFIGURATION', '/no/such/binary'],
    ['ContainerCreating with FailedMount', 'VOLUME', 'missing'],
    ['OOMKilled', 'OUT_OF_MEMORY', 'memory'],
    ['ProgressDeadlineExceeded (never ready)', 'NOT_READY', 'readiness probe'],
  ])('%s is %s', (note, kind, words) => {
    const { workload, pods, now } = failing(note);
    expect(pods.length).toBeGreaterThan(0);
    const blockers = blockersOf(now, { workload, pods, replicaSets: [] });
    expect(blockers[0]).toMatchObject({ kind });
    expect(blockers[0]?.message).toContain(words);
    expect(blockers[0]?.pods).toContain(pods[0]?.metadata?.name);
  });

  it('a quota that leaves no room is QUOTA_EXCEEDED, with the figures', () => {
    const { workload, now } = failing('deployment with ReplicaFailure');
    expect(blockersOf(now, { workload, pods: [], replicaSets: [] })).toMatchObject([
      { kind: 'QUOTA_EXCEEDED', message: expect.stringContaining('pods=1 of pods=1 is in use') },
    ]);
  });

  it('has failed when the controller reports the missed deadline, and still says why', () => {
    const { workload, pods } = failing('ProgressDeadlineExceeded (bad image)');
    const created = new Date(workload.metadata?.creationTimestamp ?? '');
    const id = (workload.spec?.template.spec?.containers[0]?.image ?? '') as string;
    const record = {
      id,
      templateId: id,
      replicas: workload.spec?.replicas ?? 1,
      progressDeadlineSeconds: 10,
      canary: null,
      createdAt: created,
      appliedAt: created,
    };
    const rollout = rolloutOf(
      record,
      {
        workload: marked(workload, false),
        canary: undefined,
        replicaSets: [],
        pods: pods.map((pod) => marked(pod, true)),
      },
      created.getTime() + 16_000,
    );
    expect(rollout.phase).toBe('FAILED');
    expect(rollout.blockers.map(({ kind }) => kind)).toEqual(['IMAGE_PULL', 'DEADLINE_EXCEEDED']);
  });
});

describe('the status of a pod of a real cluster', () => {
  it.each([
    ['ImagePullBackOff: pods', 'IMAGE_ERROR'],
    ['CrashLoopBackOff', 'CRASH_LOOP'],
    ['unschedulable', 'PENDING'],
    ['CreateContainerConfigError', 'PENDING'],
    ['ContainerCreating with FailedMount', 'PULLING'],
    ['command not found', 'CRASH_LOOP'],
    ['OOMKilled', 'RUNNING'],
    ['ProgressDeadlineExceeded (never ready)', 'STARTING'],
  ])('%s is %s', (note, status) => {
    const [pod] = failing(note).pods;
    expect(podOf(pod as Pod, 'cluster_1', undefined)).toMatchObject({ status });
  });
});
