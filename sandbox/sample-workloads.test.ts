import { describe, expect, test } from 'vitest';
import { nodesFor, planWorkloads } from './sample-workloads.js';

const podsOf = (plan: ReturnType<typeof planWorkloads>): number =>
  plan.reduce((sum, { replicas }) => sum + replicas, 0);

describe('the workloads that fill a sandbox', () => {
  test('have exactly as many pods as asked for', () => {
    for (const pods of [0, 1, 50, 2000]) expect(podsOf(planWorkloads(pods, 0, 1))).toBe(pods);
  });

  test('have names of their own, in many namespaces', () => {
    const plan = planWorkloads(5000, 0, 1);
    const names = plan.map(({ namespace, name }) => `${namespace}/${name}`);
    expect(new Set(names).size).toBe(plan.length);
    expect(new Set(plan.map(({ namespace }) => namespace)).size).toBeGreaterThan(50);
  });

  test('are the same for the same seed, and others for another', () => {
    expect(planWorkloads(300, 20, 5)).toEqual(planWorkloads(300, 20, 5));
    expect(planWorkloads(300, 20, 5)).not.toEqual(planWorkloads(300, 20, 6));
  });

  test('fail as often as asked for', () => {
    const failing = planWorkloads(2000, 25, 1).filter(({ fault }) => fault);
    const share = failing.length / planWorkloads(2000, 25, 1).length;
    expect(share).toBeGreaterThan(0.15);
    expect(share).toBeLessThan(0.35);
    expect(planWorkloads(2000, 0, 1).every(({ fault }) => fault === undefined)).toBe(true);
  });

  test('fit on the nodes made for them, with room for rollouts', () => {
    const plan = planWorkloads(2000, 0, 1);
    const nodes = nodesFor(5, plan);
    expect(nodes).toHaveLength(5);
    const room = nodes.reduce((sum, { pods = 0 }) => sum + pods, 0);
    expect(room).toBeGreaterThanOrEqual(3000);
    const cpu = plan.reduce((sum, each) => sum + each.cpu * each.replicas, 0) / 1000;
    expect(nodes.reduce((sum, node) => sum + Number(node.cpu), 0)).toBeGreaterThan(cpu);
  });
});
