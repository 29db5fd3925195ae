import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type SimulatedCluster, simulateCluster } from '../kubelet/simulated-cluster.js';
import type { KubernetesObject } from '../storage/api.js';
import { EventRecorder } from './event-recorder.js';

describe('recorded events', () => {
  let cluster: SimulatedCluster;
  let recorder: EventRecorder;
  let subject: KubernetesObject;

  beforeEach(() => {
    cluster = simulateCluster();
    recorder = new EventRecorder(cluster.api, cluster.clock, { component: 'tester', host: 'node-1' });
    subject = cluster.api.create('configmaps', { metadata: { name: 'thing', namespace: 'demo' } });
  });
  afterEach(() => cluster.dispose());

  const record = (message: string) => recorder.record(subject, { type: 'Normal', reason: 'Tried', message });

  it('name their object, their source and their time', () => {
    record('once');
    expect(cluster.events('ConfigMap')[0]).toMatchObject({
      involvedObject: {
        kind: 'ConfigMap',
        namespace: 'demo',
        name: 'thing',
        uid: subject.metadata.uid,
        apiVersion: 'v1',
      },
      source: { component: 'tester', host: 'node-1' },
      reportingComponent: 'tester',
      count: 1,
      firstTimestamp: '2026-11-22T18:12:48Z',
    });
    expect(cluster.events('ConfigMap')[0]?.metadata.name).toMatch(/^thing\.[0-9a-f]{16}$/);
  });

  it('are counted when they repeat', async () => {
    record('again');
    await cluster.clock.advance(5000);
    record('again');
    expect(cluster.events('ConfigMap')).toHaveLength(1);
    expect(cluster.events('ConfigMap')[0]).toMatchObject({ count: 2, lastTimestamp: '2026-11-22T18:12:53Z' });
  });

  it('are combined from the tenth different message on', () => {
    for (let index = 1; index <= 12; index++) record(`try ${index}`);
    const events = cluster.events('ConfigMap');
    expect(events).toHaveLength(10);
    expect(events.at(-1)).toMatchObject({ message: '(combined from similar events): try 12', count: 3 });
  });

  it('stop when one object floods, and come again after a while', async () => {
    for (let index = 0; index < 40; index++) record('flood');
    expect(cluster.events('ConfigMap')[0]?.['count']).toBe(25);
    await cluster.clock.advance(300_000);
    record('flood');
    expect(cluster.events('ConfigMap')[0]?.['count']).toBe(26);
  });

  it('go an hour after they were last seen', async () => {
    record('old');
    await cluster.clock.advance(3_590_000);
    expect(cluster.events('ConfigMap')).toHaveLength(1);
    await cluster.clock.advance(90_000);
    expect(cluster.events('ConfigMap')).toEqual([]);
  });
});
