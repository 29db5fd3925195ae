import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  capturedEvents,
  readCapture,
  type SimulatedCluster,
  simulateCluster,
} from '../kubelet/simulated-cluster.js';
import type { StoreEvent } from '../storage/api.js';
import { sandboxStorageClasses } from './storage-classes.js';

const exchanges = readCapture('11-statefulset-pvc').exchanges;
const createSet = exchanges.find(({ note }) => note === 'create statefulset').request.body;

const messagesAbout = (kind: string, events: any[]): string[] =>
  events
    .filter(({ involvedObject }) => involvedObject?.kind === kind)
    .map(({ reason, message }) => `${reason}: ${message}`);

const distinct = (values: string[]): string[] => values.filter((value, index) => value !== values[index - 1]);

/** Counts and whether the update is under way, without the names of revisions. */
const progressOf = ({ status }: any): string => {
  const { replicas, readyReplicas = 0, currentReplicas = 0, updatedReplicas = 0 } = status;
  const isUpdating = status.currentRevision !== status.updateRevision;
  return JSON.stringify({ replicas, readyReplicas, currentReplicas, updatedReplicas, isUpdating });
};

describe('a StatefulSet', () => {
  let cluster: SimulatedCluster;
  let events: StoreEvent[];
  let sets: StoreEvent[];

  beforeEach(() => {
    cluster = simulateCluster({ storageClasses: [] });
    events = cluster.record('events');
    sets = cluster.record('statefulsets');
    const draft = structuredClone(createSet);
    draft.metadata.namespace = 'demo';
    cluster.api.create('statefulsets', draft);
  });
  afterEach(() => cluster.dispose());

  const status = () => cluster.api.get('statefulsets', 'demo', 'db')?.['status'] ?? {};
  const addVolume = (name: string) =>
    cluster.api.create('persistentvolumes', {
      ...structuredClone(exchanges.find(({ note }) => note === 'a PersistentVolume by hand').request.body),
      metadata: { name },
    });
  const bothReady = async () => {
    addVolume('cap-pv-0');
    addVolume('cap-pv-1');
    await cluster.until(() => status().readyReplicas === 2);
  };
  const scale = (replicas: number) =>
    cluster.change('statefulsets', 'db', (draft) => {
      draft['spec'].replicas = replicas;
    });

  it('makes the claim, then the pod, and waits for a volume', async () => {
    await cluster.clock.advance(1000);
    const real = exchanges.find(({ note }) => note === 'pod db-0 Pending, no db-1').response.body.items;
    const pods = cluster.pods();
    expect(pods.map(({ metadata }) => metadata.name)).toEqual(real.map(({ metadata }: any) => metadata.name));
    const [condition] = pods[0]?.['status'].conditions ?? [];
    const wanted = real[0].status.conditions[0];
    expect(condition).toMatchObject({
      type: wanted.type,
      status: wanted.status,
      reason: wanted.reason,
      message: wanted.message,
    });
    expect(messagesAbout('PersistentVolumeClaim', cluster.events())).toEqual(
      messagesAbout(
        'PersistentVolumeClaim',
        exchanges.find(({ note }) => note === 'events of the claim').response.body.items,
      ),
    );
  });

  it('starts the second pod when the first is ready, in recorded states', async () => {
    await cluster.clock.advance(1000);
    addVolume('cap-pv-0');
    await cluster.until(() => status().readyReplicas === 1);
    addVolume('cap-pv-1');
    await cluster.until(() => status().readyReplicas === 2);
    const watched = capturedEvents(exchanges.find(({ note }) => note === 'watch statefulsets'));
    const end = watched.findIndex(({ object }) => object.metadata.generation === 2);
    const recorded = watched.slice(1, end).map(({ object }) => progressOf(object));
    expect(distinct(sets.slice(1).map(({ object }) => progressOf(object)))).toEqual(distinct(recorded));
  });

  it('gives its pods their names, labels and claims', async () => {
    await bothReady();
    const real = exchanges.find(({ note }) => note === 'pods').response.body.items;
    const shapeOf = ({ metadata, spec }: any) => ({
      name: metadata.name,
      labels: { ...metadata.labels, 'controller-revision-hash': 'HASH' },
      hostname: spec.hostname,
      subdomain: spec.subdomain,
      volume: spec.volumes[0],
    });
    expect(cluster.pods().map(shapeOf)).toEqual(real.map(shapeOf));
  });

  it('updates from the highest ordinal down, one pod at a time, in recorded states and words', async () => {
    await bothReady();
    const before = events.length;
    sets.length = 0;
    cluster.change('statefulsets', 'db', (draft) => {
      draft['spec'].template.spec.containers[0].env = [{ name: 'A', value: '1' }];
    });
    const first = status().currentRevision;
    await cluster.until(() => status().currentRevision !== first && status().updatedReplicas === 2);
    const set = messagesAbout(
      'StatefulSet',
      events.slice(before).map(({ object }) => object),
    );
    expect(set).toEqual([
      'SuccessfulDelete: Delete Pod db-1 in StatefulSet db successful',
      'SuccessfulCreate: Create Pod db-1 in StatefulSet db successful',
      'SuccessfulDelete: Delete Pod db-0 in StatefulSet db successful',
      'SuccessfulCreate: Create Pod db-0 in StatefulSet db successful',
    ]);
    const watched = capturedEvents(exchanges.find(({ note }) => note === 'watch statefulsets')).map(
      ({ object }) => object,
    );
    const start = watched.findIndex(
      ({ metadata, status: is }) => metadata.generation === 4 && is.observedGeneration === 4,
    );
    const end = watched.findIndex((object, index) => index > start && object.status.currentReplicas === 2);
    const recorded = watched.slice(start, end + 1).map(progressOf);
    const seen = sets.filter(
      ({ object }) => object['status'].observedGeneration === object.metadata.generation,
    );
    expect(distinct(seen.map(({ object }) => progressOf(object)))).toEqual(distinct(recorded));
  });

  it('scales down from the end, keeps the claims, and uses them again', async () => {
    await bothReady();
    const claim = () => cluster.api.get('persistentvolumeclaims', 'demo', 'data-db-1');
    const uid = claim()?.metadata.uid;
    scale(1);
    await cluster.until(() => cluster.pods().length === 1);
    expect(cluster.pods()[0]?.metadata.name).toBe('db-0');
    expect(claim()?.['status'].phase).toBe('Bound');
    scale(2);
    await cluster.until(() => status().readyReplicas === 2);
    expect(claim()?.metadata.uid).toBe(uid);
  });

  it('keeps a deleted claim until its pod is gone, then releases the volume', async () => {
    await bothReady();
    cluster.api.remove('persistentvolumeclaims', 'demo', 'data-db-1');
    await cluster.clock.advance(1000);
    const claim = () => cluster.api.get('persistentvolumeclaims', 'demo', 'data-db-1');
    expect(claim()?.metadata.deletionTimestamp).toBeDefined();
    cluster.api.remove('statefulsets', 'demo', 'db', { propagationPolicy: 'Background' });
    await cluster.until(() => cluster.pods().length === 0 && claim() === undefined);
    await cluster.clock.advance(100);
    expect(
      cluster.api
        .list('persistentvolumes')
        .map(({ status: { phase } }) => phase)
        .sort(),
    ).toEqual(['Bound', 'Released']);
  });
});

describe('dynamic volumes', () => {
  const claimDraft = (name: string, storageClassName?: string) => ({
    metadata: { name, namespace: 'demo' },
    spec: {
      accessModes: ['ReadWriteOnce'],
      resources: { requests: { storage: '1Gi' } },
      ...(storageClassName !== undefined && { storageClassName }),
    },
  });
  const mounting = (claimName: string) => ({
    metadata: { name: 'user', namespace: 'demo' },
    spec: {
      containers: [
        { name: 'main', image: 'nginx:1.27', volumeMounts: [{ name: 'data', mountPath: '/data' }] },
      ],
      volumes: [{ name: 'data', persistentVolumeClaim: { claimName } }],
    },
  });

  it('wait for the first pod where the class says so', async () => {
    const cluster = simulateCluster({ nodes: 3 });
    cluster.api.create('persistentvolumeclaims', claimDraft('data'));
    const claim = () => cluster.api.get('persistentvolumeclaims', 'demo', 'data');
    await cluster.clock.advance(2000);
    expect(claim()?.['status'].phase).toBe('Pending');
    expect(messagesAbout('PersistentVolumeClaim', cluster.events())).toEqual([
      'WaitForFirstConsumer: waiting for first consumer to be created before binding',
    ]);
    cluster.api.create('pods', mounting('data'));
    await cluster.until(() => cluster.pods()[0]?.['status'].phase === 'Running');
    expect(claim()?.['spec']).toMatchObject({
      storageClassName: 'standard',
      volumeName: `pvc-${claim()?.metadata.uid}`,
    });
    expect(claim()?.['status']).toMatchObject({ phase: 'Bound', capacity: { storage: '1Gi' } });
    cluster.dispose();
  });

  it('bind at once in an Immediate class, grow where the class allows it, and go with their claim', async () => {
    const cluster = simulateCluster({ storageClasses: sandboxStorageClasses });
    cluster.api.create('persistentvolumeclaims', claimDraft('data', 'fast'));
    const claim = () => cluster.api.get('persistentvolumeclaims', 'demo', 'data');
    await cluster.until(() => claim()?.['status'].phase === 'Bound');
    cluster.change('persistentvolumeclaims', 'data', (draft) => {
      draft['spec'].resources.requests.storage = '2Gi';
    });
    await cluster.until(() => claim()?.['status'].capacity.storage === '2Gi');
    cluster.api.remove('persistentvolumeclaims', 'demo', 'data');
    await cluster.until(() => cluster.api.list('persistentvolumes').length === 0);
    cluster.dispose();
  });

  it('say when their class does not exist, in the recorded words', async () => {
    const cluster = simulateCluster();
    cluster.api.create('persistentvolumeclaims', claimDraft('noclass', 'ultra'));
    await cluster.clock.advance(100);
    expect(messagesAbout('PersistentVolumeClaim', cluster.events())).toEqual([
      'ProvisioningFailed: storageclass.storage.k8s.io "ultra" not found',
    ]);
    cluster.dispose();
  });
});
