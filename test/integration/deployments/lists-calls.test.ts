import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fewestCallsOf } from '../../kit/call-counter.js';
import { copyService } from '../../kit/many-services.js';
import { type Stack, startStack } from '../../kit/stack.js';

const queries = {
  services: `query ($first: Int) { services(first: $first) { totalCount nodes { id name status statusReason
    replicas { desired ready } usage { cpuCores } usageUnavailable { reason } observed { stale }
    application { name } environment { namespace landscape { name } cluster { name } }
    currentDeployment { number image rollout { phase percent } actor { displayName } }
    bindings { prefix } routes { url ready } pods(first: 3) { nodes { name } }
    deployments(first: 2) { totalCount nodes { number } } } } }`,
  deployments: `query ($first: Int) { deployments(first: $first) { totalCount nodes { id number kind image
    service { name environment { namespace project { name } } } actor { displayName } accessToken { id } source { number }
    rollout { phase percent pods { name } blockers { kind } } } } }`,
  projects: `query ($first: Int) { projects(first: $first) { totalCount nodes { name
    applications(first: 5) { totalCount nodes { name services(first: 5) { totalCount nodes { name replicas { desired } } } } }
    environments { namespace cluster { name } services(first: 5) { totalCount nodes { name } } }
    statistics { applications services deployments pods } } } }`,
} as const;

let stack: Stack;

beforeAll(async () => {
  stack = await startStack();
  const running = await stack.seed.runningService();
  await copyService(stack, running.serviceId, 230);
  for (let index = 0; index < 20; index++) await stack.seed.service();
});
afterAll(() => stack?.dispose());

describe('a list costs as many calls for many rows as for few', () => {
  it.each(Object.entries(queries))('of %s', async (name, query) => {
    const measure = (first: number) =>
      fewestCallsOf(stack, async () => {
        const data = await stack.admin.query(query, { first });
        expect(data[name].nodes.length).toBeGreaterThan(Math.min(first, 20) / 2);
      });
    await measure(3);
    const small = await measure(name === 'projects' ? 3 : 10);
    const large = await measure(name === 'projects' ? 20 : 220);
    expect(
      { statements: large.statements, kubernetes: large.kubernetes },
      large.calls.statements.map((text) => text.slice(0, 200)).join('\n'),
    ).toEqual({ statements: small.statements, kubernetes: small.kubernetes });
    expect(large.kubernetes).toBe(0);
  });
});
