import { describe, expect, it } from 'vitest';
import type { Node } from '../../shared/kubernetes/resources.js';
import { toNodeView } from './node.mapper.js';
import { filterNodes, orderNodes } from './node-query.js';

const node = (name: string, cpu: string, ready: string, labels: Record<string, string>, spec: object = {}) =>
  toNodeView(
    {
      metadata: { name, labels, creationTimestamp: `2026-11-2${cpu}T00:00:00Z` },
      spec,
      status: {
        allocatable: { cpu, memory: '1Gi' },
        addresses: [{ type: 'InternalIP', address: `10.0.0.${cpu}` }],
        conditions: [{ type: 'Ready', status: ready }],
      },
    } as unknown as Node,
    'cluster_a',
  );
const nodes = [
  node('a', '2', 'True', { 'node-role.kubernetes.io/worker': '', zone: 'x' }),
  node('b', '4', 'False', { zone: 'y', gpu: '' }),
  node('c', '2', 'True', { 'node-role.kubernetes.io/control-plane': '' }, { unschedulable: true }),
];
const names = (found: readonly { name: string }[]): string => found.map(({ name }) => name).join('');
const filtered = (filter: Parameters<typeof filterNodes>[1]): string => names(filterNodes(nodes, filter));

describe('a list of nodes', () => {
  it('holds those to which the whole filter applies', () => {
    expect(filtered({})).toBe('abc');
    expect(filtered({ ready: true })).toBe('ac');
    expect(filtered({ ready: true, unschedulable: false })).toBe('a');
    expect(filtered({ underPressure: true })).toBe('');
    expect(filtered({ role: ['worker', 'control-plane'] })).toBe('ac');
    expect(filtered({ label: ['zone'] })).toBe('ab');
    expect(filtered({ label: ['zone=y', 'gpu'] })).toBe('b');
    expect(filtered({ label: ['gpu='] })).toBe('b');
    expect(filtered({ search: '10.0.0.4' })).toBe('b');
    expect(filtered({ search: 'C' })).toBe('c');
  });

  it('names the label that can not be read', () => {
    expect(() => filtered({ label: ['ok', '=x'] })).toThrow('"=x" is no label');
    expect(() => filtered({ label: Array.from({ length: 17 }, () => 'x') })).toThrow('at most 16');
  });

  it('is in the order asked for, by name where two are equal', () => {
    expect(names(orderNodes(nodes, null))).toBe('abc');
    expect(names(orderNodes(nodes, { field: 'NAME', direction: 'DESC' }))).toBe('cba');
    expect(names(orderNodes(nodes, { field: 'CPU' }))).toBe('acb');
    expect(names(orderNodes(nodes, { field: 'READY' }))).toBe('bac');
    expect(names(orderNodes(nodes, { field: 'CREATED_AT', direction: 'DESC' }))).toBe('bca');
  });
});
