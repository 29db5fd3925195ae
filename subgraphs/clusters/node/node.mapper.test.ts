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
      null,
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
      usage: null,
      conditions: [{ type: 'Ready', status: 'True', reason: null, since: new Date('2026-11-22T18:00:00Z') }],
    });
  });

  it('is ready only when its condition says True', () => {
    for (const status of ['False', 'Unknown']) {
      expect(toNodeView(node({ status: { conditions: [{ type: 'Ready', status }] } }), null).ready).toBe(
        false,
      );
    }
    expect(toNodeView(node({}), null).ready).toBe(false);
  });

  it('survives nonsense of the cluster', () => {
    const view = toNodeView(
      node({
        status: {
          capacity: { cpu: 'many', memory: '' },
          conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: 'yesterday' }],
        },
      }),
      null,
    );
    expect(view.capacity).toEqual({ cpuCores: 0, memoryBytes: 0, pods: null, storageBytes: null });
    expect(view.conditions[0]?.since).toBeNull();
  });
});
