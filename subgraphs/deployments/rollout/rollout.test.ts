import { describe, expect, it } from 'vitest';
import type { Deployment, Pod } from '../../shared/kubernetes/resources.js';
import { deploymentLabel } from '../workload/labels.js';
import { type ClusterFacts, rolloutOf, type Sight, type TrackedDeployment } from './rollout.js';

const createdAt = new Date('2026-11-22T18:00:00Z');
const record = (change: Partial<TrackedDeployment> = {}): TrackedDeployment => ({
  id: 'deployment_2',
  templateId: 'deployment_2',
  replicas: 2,
  progressDeadlineSeconds: 600,
  canary: null,
  createdAt,
  appliedAt: createdAt,
  ...change,
});
const soon = createdAt.getTime() + 5_000;
/** By a tracker, from the start. */
const watched: Sight = { since: createdAt.getTime(), lostSince: undefined };

function workload(change: {
  owner?: string;
  generation?: number;
  observed?: number;
  replicas?: number;
  updated?: number;
  available?: number;
  total?: number;
  paused?: boolean;
  conditions?: NonNullable<NonNullable<Deployment['status']>['conditions']>;
}): Deployment {
  const { replicas = 2, updated = replicas, available = replicas, total = replicas } = change;
  return {
    metadata: {
      name: 'web',
      generation: change.generation ?? 2,
      annotations: { [deploymentLabel]: change.owner ?? 'deployment_2' },
    },
    spec: {
      replicas,
      paused: change.paused ?? false,
      selector: {},
      template: { metadata: { labels: { [deploymentLabel]: 'deployment_2' } } },
    },
    status: {
      observedGeneration: change.observed ?? change.generation ?? 2,
      replicas: total,
      updatedReplicas: updated,
      availableReplicas: available,
      conditions: change.conditions ?? [],
    },
  } as Deployment;
}

const pod = (name: string, template: string, options: { ready?: boolean; going?: boolean } = {}): Pod =>
  ({
    metadata: {
      name,
      labels: { [deploymentLabel]: template },
      creationTimestamp: createdAt.toISOString(),
      ...(options.going ? { deletionTimestamp: createdAt.toISOString() } : {}),
    },
    spec: { containers: [{ name: 'web', image: 'nginx:1' }] },
    status: {
      phase: 'Running',
      conditions: [
        {
          type: 'Ready',
          status: options.ready === false ? 'False' : 'True',
          lastTransitionTime: createdAt.toISOString(),
        },
      ],
      containerStatuses: [],
    },
  }) as unknown as Pod;

const fresh = [pod('web-b-1', 'deployment_2'), pod('web-b-2', 'deployment_2')];
const facts = (change: Partial<ClusterFacts>): ClusterFacts => ({
  workload: workload({}),
  canary: undefined,
  replicaSets: [],
  pods: fresh,
  ...change,
});

describe('the rollout of a deployment', () => {
  it('has succeeded when all wanted pods are of its template and available and the old ones gone', () => {
    expect(rolloutOf(record(), facts({}), soon)).toMatchObject({
      phase: 'SUCCEEDED',
      percent: 100,
      desired: 2,
      updated: 2,
      ready: 2,
      available: 2,
      old: 0,
    });
  });

  it('is pending until the controller has seen its specification, however healthy the pods look', () => {
    const behind = facts({ workload: workload({ generation: 3, observed: 2 }) });
    expect(rolloutOf(record(), behind, soon)).toMatchObject({ phase: 'PENDING' });
  });

  it('is pending while another deployment wrote the Deployment last', () => {
    const other = facts({ workload: workload({ owner: 'deployment_1' }) });
    expect(rolloutOf(record(), other, soon)).toMatchObject({ phase: 'PENDING' });
  });

  it('goes on while pods of another template are left', () => {
    const withOld = facts({
      workload: workload({ total: 3 }),
      pods: [...fresh, pod('web-a-1', 'deployment_1')],
    });
    expect(rolloutOf(record(), withOld, soon)).toMatchObject({ phase: 'PROGRESSING', old: 1, percent: 90 });
  });

  it('does not wait for old pods that are already being stopped', () => {
    const stopping = facts({ pods: [...fresh, pod('web-a-1', 'deployment_1', { going: true })] });
    expect(rolloutOf(record(), stopping, soon)).toMatchObject({ phase: 'SUCCEEDED', old: 1 });
  });

  it('goes on when the Deployment says available and its pods do not, or the reverse', () => {
    const unready = facts({ pods: [fresh[0] as Pod, pod('web-b-2', 'deployment_2', { ready: false })] });
    expect(rolloutOf(record(), unready, soon)).toMatchObject({ phase: 'PROGRESSING', ready: 1 });
    const unavailable = facts({ workload: workload({ available: 1 }) });
    expect(rolloutOf(record(), unavailable, soon)).toMatchObject({ phase: 'PROGRESSING', available: 1 });
  });

  it('waits a moment with containers that nobody asks whether they are ready: they may be about to end', () => {
    const atOnce = createdAt.getTime() + 500;
    expect(rolloutOf(record(), facts({}), atOnce)).toMatchObject({
      phase: 'PROGRESSING',
      ready: 2,
      percent: 99,
    });
    const probed = fresh.map(
      (one) => ({ ...one, spec: { containers: [{ name: 'web', readinessProbe: {} }] } }) as unknown as Pod,
    );
    expect(rolloutOf(record(), facts({ pods: probed }), atOnce)).toMatchObject({ phase: 'SUCCEEDED' });
  });

  it('counts the pods of the running template when only the number of replicas changed', () => {
    const scale = record({ id: 'deployment_3', replicas: 3 });
    const scaling = facts({
      workload: workload({ owner: 'deployment_3', replicas: 3, updated: 2, total: 2, available: 2 }),
    });
    expect(rolloutOf(scale, scaling, soon)).toMatchObject({
      phase: 'PROGRESSING',
      desired: 3,
      updated: 2,
      old: 0,
    });
    const scaled = facts({
      workload: workload({ owner: 'deployment_3', replicas: 3 }),
      pods: [...fresh, pod('web-b-3', 'deployment_2')],
    });
    expect(rolloutOf(scale, scaled, soon)).toMatchObject({ phase: 'SUCCEEDED', updated: 3 });
  });

  it('succeeds at nothing when nothing is wanted', () => {
    const stopped = facts({ workload: workload({ replicas: 0 }), pods: [] });
    expect(rolloutOf(record({ replicas: 0 }), stopped, soon)).toMatchObject({
      phase: 'SUCCEEDED',
      desired: 0,
    });
  });

  it('is paused while the Deployment is', () => {
    expect(rolloutOf(record(), facts({ workload: workload({ paused: true }) }), soon)).toMatchObject({
      phase: 'PAUSED',
    });
  });

  it('fails at the deadline that the controller reports, but not at that of an earlier rollout', () => {
    const missed = (at: string) =>
      facts({
        workload: workload({
          available: 0,
          conditions: [
            { type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded', lastUpdateTime: at },
          ],
        }),
        pods: [pod('web-b-1', 'deployment_2', { ready: false })],
      });
    const failed = rolloutOf(record(), missed('2026-11-22T18:00:10Z'), createdAt.getTime() + 11_000);
    expect(failed).toMatchObject({ phase: 'FAILED', blockers: [{ kind: 'DEADLINE_EXCEEDED' }] });
    expect(rolloutOf(record(), missed('2026-11-22T17:50:00Z'), soon)).toMatchObject({ phase: 'PROGRESSING' });
  });

  it('fails by its own clock when no controller reports anything', () => {
    const stuck = facts({ workload: workload({ available: 0, updated: 0 }), pods: [] });
    const tracked = record({ progressDeadlineSeconds: 30 });
    expect(rolloutOf(tracked, stuck, soon)).toMatchObject({ phase: 'PROGRESSING' });
    const late = createdAt.getTime() + 60_000;
    expect(rolloutOf(tracked, stuck, late, watched)).toMatchObject({ phase: 'FAILED' });
    // Who does not track it can't know how long nothing got on.
    expect(rolloutOf(tracked, stuck, late)).toMatchObject({ phase: 'PROGRESSING' });
  });

  it('fails when what it had started was deleted by someone else, and waits while it is not applied yet', () => {
    const gone = facts({ workload: undefined, pods: [] });
    const late = createdAt.getTime() + 60_000;
    const lost = { ...watched, lostSince: createdAt.getTime() + 20_000 };
    expect(rolloutOf(record(), gone, late, lost)).toMatchObject({
      phase: 'FAILED',
      blockers: [{ kind: 'CONFIGURATION', message: expect.stringContaining('deleted') }],
    });
    expect(rolloutOf(record({ appliedAt: null }), gone, late, lost)).toMatchObject({ phase: 'PENDING' });
  });

  it('bears that its workload is replaced in two steps, and fails when somebody else’s stays in its place', () => {
    const gone = facts({ workload: undefined, pods: [] });
    const other = facts({ workload: workload({ owner: 'somebody' }) });
    const lost = { ...watched, lostSince: soon };
    expect(rolloutOf(record(), gone, soon + 5_000, lost)).toMatchObject({ phase: 'PENDING' });
    expect(rolloutOf(record(), other, soon + 5_000, lost)).toMatchObject({ phase: 'PENDING' });
    expect(rolloutOf(record(), other, soon + 11_000, lost)).toMatchObject({
      phase: 'FAILED',
      blockers: [{ kind: 'CONFIGURATION', message: expect.stringContaining('replaced') }],
    });
    expect(rolloutOf(record(), facts({}), soon + 11_000, watched)).toMatchObject({ phase: 'SUCCEEDED' });
  });

  it('does not count the time in which the cluster could not be seen', () => {
    const stuck = facts({ workload: workload({ available: 0, updated: 0 }), pods: [] });
    const tracked = record({ progressDeadlineSeconds: 30 });
    const back = createdAt.getTime() + 600_000;
    const sight = { since: back, lostSince: undefined };
    expect(rolloutOf(tracked, stuck, back, sight)).toMatchObject({ phase: 'PROGRESSING' });
    expect(rolloutOf(tracked, stuck, back + 41_000, sight)).toMatchObject({ phase: 'FAILED' });
  });

  it('is not kept alive by a container that keeps ending and is ready for a moment each time', () => {
    const late = createdAt.getTime() + 60_000;
    const flapping = pod('web-b-1', 'deployment_2', { ready: false });
    const crashing = {
      ...flapping,
      status: {
        ...flapping.status,
        conditions: [{ type: 'Ready', status: 'False', lastTransitionTime: new Date(late).toISOString() }],
        containerStatuses: [{ name: 'web', ready: false, restartCount: 4, state: {} }],
      },
    } as unknown as Pod;
    const progress = [
      {
        type: 'Progressing',
        status: 'True',
        reason: 'ReplicaSetUpdated',
        lastUpdateTime: new Date(late).toISOString(),
      },
    ];
    const stuck = facts({ workload: workload({ available: 0, conditions: progress }), pods: [crashing] });
    const tracked = record({ progressDeadlineSeconds: 30 });
    expect(rolloutOf(tracked, stuck, late, watched)).toMatchObject({ phase: 'FAILED' });
  });

  it('has a deadline also when the controller never looks at what was written', () => {
    const unseen = facts({ workload: workload({ generation: 3, observed: 2 }) });
    const tracked = record({ progressDeadlineSeconds: 30 });
    expect(rolloutOf(tracked, unseen, createdAt.getTime() + 60_000, watched)).toMatchObject({
      phase: 'FAILED',
    });
  });

  it('has not succeeded before everything of it is applied', () => {
    expect(rolloutOf(record({ appliedAt: null }), facts({}), soon)).toMatchObject({ phase: 'PROGRESSING' });
  });

  it('of a canary that is scaled to 0 is that of the main workload', () => {
    const canary = {
      baseId: 'deployment_1',
      steps: [{ percent: 50, pauseSeconds: null }],
      step: 0,
      since: null,
    };
    const nothing = facts({ workload: workload({ replicas: 0 }), pods: [] });
    expect(rolloutOf(record({ replicas: 0, canary }), nothing, soon, watched)).toMatchObject({
      phase: 'SUCCEEDED',
      desired: 0,
    });
  });
});
