import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { pause } from '../../../subgraphs/shared/kubernetes/pause.js';
import { refuse } from '../../kit/fault-proxy-faults.js';
import { eventually } from '../../kit/wait.js';
import { type ProxiedCluster, type ProxiedStack, startProxiedStack } from '../faults/proxied-stack.js';
import { attempt, history, neverReady } from './operations.js';

/** One cluster that can be cut off from Meridian while its own controllers go on. */
let proxied: ProxiedStack;
let cluster: ProxiedCluster;
beforeAll(async () => {
  // Tests cut it off again and again: waiting longer each time would only make them slow.
  const wait = (ms: number, signal?: AbortSignal) => pause(Math.min(ms, 500), signal);
  proxied = await startProxiedStack(['far'], { informerTimes: { wait } });
  cluster = proxied.clusters[0] as ProxiedCluster;
});
afterEach(() => cluster.proxy.acceptConnections().catch(() => undefined));
afterAll(() => proxied?.dispose());

async function rollout(id: string): Promise<any> {
  const { deployment } = await proxied.stack.admin.query(
    'query ($id: ID!) { deployment(id: $id) { finishedAt rollout { phase blockers { kind } observed { stale } } } }',
    { id },
  );
  return deployment.rollout;
}
const isStale = (id: string) =>
  eventually(async () => (await rollout(id)).observed.stale, { what: 'a stale observation' });

describe('a rollout whose cluster cannot be reached', () => {
  it('has no end before the cluster is back, and then the one that the cluster shows', async () => {
    const { admin, seed } = proxied.stack;
    const { serviceId } = await seed.runningService();
    const id = await seed.deploy(serviceId, { image: 'shop/slow:2' });
    await cluster.proxy.refuseConnections();
    await isStale(id);
    expect((await rollout(id)).phase).not.toBe('SUCCEEDED');
    const [record] = await history(admin, serviceId);
    expect(record.log.nodes.map(({ message }: any) => message)).not.toContainEqual(
      expect.stringMatching(/^Succeeded/),
    );
    await cluster.proxy.acceptConnections();
    expect(await seed.finished(id, 120)).toBe('SUCCEEDED');
  });

  it('that is given up with nothing to go back to is stopped as soon as the cluster is back', async () => {
    const { admin, seed } = proxied.stack;
    const { serviceId, namespace } = await seed.service({ spec: neverReady });
    const id = await seed.deploy(serviceId);
    await eventually(async () => (await rollout(id)).phase === 'PROGRESSING', { what: 'PROGRESSING' });
    await cluster.proxy.refuseConnections();
    const aborted = await attempt(
      admin,
      'abortRollout',
      { deploymentId: id },
      'deployment { rollout { phase } } rollback { id }',
    );
    expect(aborted).toMatchObject({ deployment: { rollout: { phase: 'ABORTED' } }, rollback: null });
    const workloads = () => cluster.sandbox.api.list('deployments', { namespace });
    expect(workloads()).toHaveLength(1);
    await cluster.proxy.acceptConnections();
    await eventually(() => workloads().length === 0, { seconds: 120, what: 'the end of the workload' });
  });

  it('is paused in the record at once, and in the cluster when it is back', async () => {
    const { admin, seed } = proxied.stack;
    const { serviceId, namespace } = await seed.runningService();
    const id = await seed.deploy(serviceId, {
      image: neverReady.image,
      spec: { readiness: neverReady.readiness },
    });
    await cluster.proxy.refuseConnections();
    const paused = await attempt(admin, 'pauseRollout', { deploymentId: id }, 'deployment { id }');
    expect(paused).toEqual({ deployment: { id }, userErrors: [] });
    const isPaused = (): boolean =>
      (cluster.sandbox.api.get('deployments', namespace, 'web') as any).spec.paused ?? false;
    expect(isPaused()).toBe(false);
    await cluster.proxy.acceptConnections();
    await eventually(isPaused, { seconds: 120, what: 'the pause in the cluster' });
    await eventually(async () => (await rollout(id)).phase === 'PAUSED', { what: 'PAUSED' });
  });
});

describe('what brings nothing new, while the cluster cannot be reached', () => {
  it('is recorded, says that it waits, and is applied when the cluster is back: a scale, a restart, a rollback', async () => {
    const { admin, seed } = proxied.stack;
    const changes = [
      ['scale', { replicas: 3 }],
      ['restart', {}],
      ['rollback', {}],
    ] as const;
    const services = await Promise.all(
      changes.map(async () => {
        const { serviceId } = await seed.runningService();
        expect(await seed.finished(await seed.deploy(serviceId, { image: 'nginx:1.28' }))).toBe('SUCCEEDED');
        return serviceId;
      }),
    );
    await cluster.proxy.refuseConnections();
    const recorded = await Promise.all(
      changes.map(([mutation, input], index) =>
        attempt(
          admin,
          mutation,
          { serviceId: services[index], ...input },
          'deployment { id log(first: 10) { nodes { message } } rollout { phase } }',
        ),
      ),
    );
    for (const answer of recorded) {
      expect(answer).toMatchObject({ deployment: { rollout: { phase: 'PENDING' } }, userErrors: [] });
      expect(answer.deployment.log.nodes.map(({ message }: any) => message)).toContain(
        'The cluster does not answer: it is applied as soon as it does.',
      );
    }
    await cluster.proxy.acceptConnections();
    for (const { deployment } of recorded) expect(await seed.finished(deployment.id, 120)).toBe('SUCCEEDED');
  });

  it('abortRollout ends the rollout at once and goes back when the cluster is back', async () => {
    const { admin, seed } = proxied.stack;
    const { serviceId } = await seed.runningService();
    const id = await seed.deploy(serviceId, {
      image: neverReady.image,
      spec: { readiness: neverReady.readiness },
    });
    await cluster.proxy.refuseConnections();
    const answer = await attempt(
      admin,
      'abortRollout',
      { deploymentId: id },
      'deployment { rollout { phase } } rollback { id rollout { phase } }',
    );
    expect(answer).toMatchObject({
      deployment: { rollout: { phase: 'ABORTED' } },
      rollback: { rollout: { phase: 'PENDING' } },
      userErrors: [],
    });
    await cluster.proxy.acceptConnections();
    expect(await seed.finished(answer.rollback.id, 120)).toBe('SUCCEEDED');
  });
});

describe('a rollback to a deployment whose Secret has lost its key', () => {
  it('is refused with the name of the key before anything changes', async () => {
    const { admin, seed } = proxied.stack;
    const environmentVariables = [{ name: 'TOKEN', value: 'first-secret-value', secret: true }];
    proxied.stack.canaries.add('secret variable', 'first-secret-value');
    const { serviceId, namespace } = await seed.runningService({ spec: { environmentVariables } });
    const second = await seed.deploy(serviceId, { image: 'nginx:1.28', spec: { environmentVariables: [] } });
    expect(await seed.finished(second)).toBe('SUCCEEDED');
    cluster.sandbox.api.remove('secrets', namespace, 'web-env');
    const refused = await attempt(admin, 'rollback', { serviceId }, 'deployment { id }');
    expect(refused).toMatchObject({
      deployment: null,
      userErrors: [
        { code: 'BAD_USER_INPUT', message: expect.stringMatching(/Deployment #1 .*"web-env".*"TOKEN"/) },
      ],
    });
    expect(await history(admin, serviceId)).toHaveLength(2);
  });
});

describe('a scale of a rollout that is paused', () => {
  it('scales what runs and stays paused; resuming takes both to their end', async () => {
    const { admin, seed } = proxied.stack;
    const { serviceId, namespace } = await seed.runningService();
    const id = await seed.deploy(serviceId, { image: 'shop/slow:2' });
    await attempt(admin, 'pauseRollout', { deploymentId: id }, 'deployment { id }');
    const scaled = await attempt(admin, 'scale', { serviceId, replicas: 4 }, 'deployment { id }');
    const workload = () => cluster.sandbox.api.get('deployments', namespace, 'web') as any;
    expect(workload().spec).toMatchObject({ paused: true, replicas: 4 });
    await eventually(async () => (await rollout(scaled.deployment.id)).phase === 'PAUSED', {
      what: 'PAUSED',
    });
    await attempt(admin, 'resumeRollout', { deploymentId: scaled.deployment.id }, 'deployment { id }');
    expect(await seed.finished(scaled.deployment.id, 120)).toBe('SUCCEEDED');
    expect(workload().spec.template.spec.containers[0].image).toBe('shop/slow:2');
  });
});

describe('a workload that is deleted and made again by somebody else (SU-11)', () => {
  it('goes on when it is the same, and fails when it is another', async () => {
    const { seed } = proxied.stack;
    const { api } = cluster.sandbox;
    const { serviceId, namespace } = await seed.service({ spec: { image: 'shop/slow:1' } });
    const id = await seed.deploy(serviceId);
    await eventually(async () => (await rollout(id)).phase === 'PROGRESSING', { what: 'PROGRESSING' });
    const { metadata, spec } = api.get('deployments', namespace, 'web') as any;
    const { name, labels, annotations } = metadata;
    const again = (about: object) => {
      api.remove('deployments', namespace, 'web', { propagationPolicy: 'Background' } as never);
      api.create('deployments', {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name, namespace, labels, ...about },
        spec,
      } as never);
    };
    again({ annotations: { 'meridian.dev/deployment': annotations['meridian.dev/deployment'] } });
    expect(await seed.finished(id, 120)).toBe('SUCCEEDED');

    const next = await seed.deploy(serviceId, {
      image: neverReady.image,
      spec: { readiness: neverReady.readiness },
    });
    await eventually(async () => (await rollout(next)).phase === 'PROGRESSING', { what: 'PROGRESSING' });
    again({});
    expect(await seed.finished(next, 60)).toBe('FAILED');
    expect((await rollout(next)).blockers).toMatchObject([{ kind: 'CONFIGURATION' }]);
  });
});

describe('a scale of a service whose rollout fails', () => {
  it('supersedes it, both say so, and it fails by its own deadline', async () => {
    const { admin, seed } = proxied.stack;
    const { serviceId } = await seed.runningService({ spec: { progressDeadlineSeconds: 5 } });
    await seed.deploy(serviceId, { image: 'registry.example/does-not-exist:2' });
    const scaled = await attempt(admin, 'scale', { serviceId, replicas: 3 }, 'deployment { id number }');
    expect(await seed.finished(scaled.deployment.id, 120)).toBe('FAILED');
    const [latest, failing] = await history(admin, serviceId);
    expect(failing.log.nodes.at(-1).message).toBe('Superseded by deployment #3.');
    expect(latest.log.nodes.map(({ message }: any) => message)).toContainEqual('Supersedes deployment #2.');
  });
});

describe('a restart of a service that is scaled to 0', () => {
  it('succeeds at nothing, and the next scale starts the new template', async () => {
    const { admin, seed } = proxied.stack;
    const { serviceId } = await seed.runningService();
    const zero = await attempt(admin, 'scale', { serviceId, replicas: 0 }, 'deployment { id }');
    expect(await seed.finished(zero.deployment.id)).toBe('SUCCEEDED');
    const restarted = await attempt(admin, 'restart', { serviceId }, 'deployment { id kind }');
    expect(await seed.finished(restarted.deployment.id)).toBe('SUCCEEDED');
    const up = await attempt(admin, 'scale', { serviceId, replicas: 2 }, 'deployment { id }');
    expect(await seed.finished(up.deployment.id)).toBe('SUCCEEDED');
    const { service } = await admin.query(
      'query ($id: ID!) { service(id: $id) { pods { nodes { deployment { id } } } } }',
      { id: serviceId },
    );
    expect(service.pods.nodes.map(({ deployment }: any) => deployment.id)).toEqual([
      restarted.deployment.id,
      restarted.deployment.id,
    ]);
  });
});

describe('a rollback of a rollback', () => {
  it('goes back to what the first rollback left', async () => {
    const { admin, seed } = proxied.stack;
    const { serviceId } = await seed.runningService();
    expect(await seed.finished(await seed.deploy(serviceId, { image: 'nginx:1.28' }))).toBe('SUCCEEDED');
    for (const image of ['nginx:1.27', 'nginx:1.28']) {
      const back = await attempt(admin, 'rollback', { serviceId }, 'deployment { id image }');
      expect(back.deployment.image).toBe(image);
      expect(await seed.finished(back.deployment.id)).toBe('SUCCEEDED');
    }
  });
});

describe('a deployment that the cluster refuses only when it is applied', () => {
  it('is FAILED with the refusal, and goes back by itself where the service wants that', async () => {
    const { admin, seed } = proxied.stack;
    const { serviceId, namespace } = await seed.runningService({ spec: { rollbackOnFailure: true } });
    cluster.proxy.inject(
      ({ method, url }) =>
        method === 'PATCH' &&
        url.pathname.endsWith(`/${namespace}/deployments/web`) &&
        !url.searchParams.has('dryRun'),
      refuse(422, 'Invalid'),
      1,
    );
    const answer = await attempt(
      admin,
      'deploy',
      { serviceId, image: 'nginx:1.28' },
      'deployment { number rollout { phase blockers { kind } } }',
    );
    expect(answer).toMatchObject({
      deployment: { number: 2, rollout: { phase: 'FAILED', blockers: [{ kind: 'REJECTED' }] } },
      userErrors: [{ code: 'CLUSTER_REJECTED' }],
    });
    const [rollback] = await eventually(
      async () => {
        const records = await history(admin, serviceId);
        return records[0].rollout.phase === 'SUCCEEDED' ? records : undefined;
      },
      { seconds: 40, what: 'the end of the rollback' },
    );
    expect(rollback).toMatchObject({ number: 3, kind: 'ROLLBACK', image: 'nginx:1.27' });
  });
});
