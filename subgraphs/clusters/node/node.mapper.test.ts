import { describe, expect, it } from 'vitest';
import type { Node } from '../../shared/kubernetes/resources.js';
import { toNodeView } from './node.mapper.js';

const node = (more: object): Node => ({ metadata: { name: 'a' }, ...more }) as Node;

describe('a node as Meridian shows it', () => {
  it('has roles, address, amounts and conditions', () => {
    const view = toNodeView(
      node({
        metadata: {
          name: 'worker-1',
          labels: {
            'node-role.kubernetes.io/worker': '',
            'node-role.kubernetes.io/control-plane': '',
            'node-role.kubernetes.io/': '',
            'kubernetes.io/hostname': 'worker-1',
          },
        },
        spec: { unschedulable: true },
        status: {
          capacity: { cpu: '4', memory: '16Gi', pods: '110', 'ephemeral-storage': '100Gi' },
          allocatable: { cpu: '3800m', memory: '15Gi', pods: '110' },
          addresses: [
            { type: 'Hostname', address: 'worker-1' },
            { type: 'InternalIP', address: '10.0.0.7' },
          ],
          nodeInfo: { kubeletVersion: 'v1.36.2' },
          conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: '2026-11-22T18:00:00Z' }],
        },
      }),
      'cluster_a',
    );
    expect(view).toMatchObject({
      name: 'worker-1',
      ready: true,
      unschedulable: true,
      roles: ['control-plane', 'worker'],
      internalAddress: '10.0.0.7',
      kubeletVersion: 'v1.36.2',
      capacity: { cpuCores: 4, memoryBytes: 16 * 1024 ** 3, pods: 110, storageBytes: 100 * 1024 ** 3 },
      allocatable: { cpuCores: 3.8, storageBytes: null },
      notReadyReason: null,
      pressures: [],
      conditions: [{ type: 'Ready', status: 'True', reason: null, since: new Date('2026-11-22T18:00:00Z') }],
    });
  });

  it('is ready only when its condition says True', () => {
    for (const status of ['False', 'Unknown']) {
      const view = toNodeView(node({ status: { conditions: [{ type: 'Ready', status }] } }), 'cluster_a');
      expect(view.ready).toBe(false);
    }
    expect(toNodeView(node({}), 'cluster_a').ready).toBe(false);
  });

  it('says why it is not ready, and what it is short of', () => {
    const conditions = [
      { type: 'Ready', status: 'Unknown', message: 'Kubelet stopped posting node status.' },
      { type: 'MemoryPressure', status: 'True' },
      { type: 'DiskPressure', status: 'False' },
      { type: 'PIDPressure', status: 'True' },
    ];
    const view = toNodeView(node({ status: { conditions } }), 'cluster_a');
    expect(view.notReadyReason).toBe(
      'Its kubelet does not report any more: Kubelet stopped posting node status.',
    );
    expect(view.pressures).toEqual(['MEMORY', 'PID']);
    expect(toNodeView(node({}), 'cluster_a').notReadyReason).toBe('Its kubelet has not reported yet.');
  });

  it('has its taints, without effects that nobody knows', () => {
    const taints = [
      { key: 'gpu', value: 'true', effect: 'NoSchedule' },
      { key: 'gone', effect: 'NoExecute', timeAdded: '2026-11-22T18:00:00Z' },
      { key: 'new', effect: 'Teleport' },
    ];
    expect(toNodeView(node({ spec: { taints } }), 'cluster_a').taints).toEqual([
      { key: 'gpu', value: 'true', effect: 'NO_SCHEDULE', since: null },
      { key: 'gone', value: null, effect: 'NO_EXECUTE', since: new Date('2026-11-22T18:00:00Z') },
    ]);
  });

  it('survives nonsense of the cluster', () => {
    const view = toNodeView(
      node({
        status: {
          capacity: { cpu: 'many', memory: '' },
          conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: 'yesterday' }],
        },
      }),
      'cluster_a',
    );
    expect(view.capacity).toEqual({ cpuCores: 0, memoryBytes: 0, pods: null, storageBytes: null });
    expect(view.conditions[0]?.since).toBeNull();
  });
});
