import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Stack, startStack } from '../../kit/stack.js';
import { eventually } from '../../kit/wait.js';

type Data = any;

let stack: Stack;
beforeAll(async () => {
  stack = await startStack();
});
afterAll(() => stack?.dispose());

const events = async (id: string, page = ''): Promise<Data> =>
  (
    await stack.admin.query(
      `query ($id: ID!) { service(id: $id) { events(${page || 'first: 200'}) { totalCount pageInfo { endCursor hasNextPage } nodes { id severity type reason count objectKind objectName firstAt lastAt } } } }`,
      { id },
    )
  ).service.events;

describe('the events of a service', () => {
  it('are those of all its objects, gone pods included, newest first, and of no other service', async () => {
    const { serviceId, ...environment } = await stack.seed.runningService({
      spec: { volumes: [{ name: 'data', path: '/data', size: '1Gi' }], replicas: 1 },
    });
    await stack.seed.runningService({ environment, name: 'web-data', spec: { replicas: 1 } });
    const { service } = await stack.admin.query(
      'query ($id: ID!) { service(id: $id) { pods { nodes { name } } } }',
      {
        id: serviceId,
      },
    );
    const [{ name: gone }] = service.pods.nodes;
    stack.meridian.sandboxes[0]?.api.remove('pods', environment.namespace, gone);
    const found = await eventually(async () => {
      const page = await events(serviceId);
      const names = new Set(page.nodes.map(({ objectName }: Data) => objectName));
      return names.size >= 5 && names.has(gone) ? page : undefined;
    });
    const kinds = new Set(found.nodes.map(({ objectKind }: Data) => objectKind));
    expect([...kinds].sort()).toEqual(
      expect.arrayContaining(['Deployment', 'PersistentVolumeClaim', 'Pod', 'ReplicaSet']),
    );
    const others = found.nodes.filter(
      ({ objectKind, objectName }: Data) =>
        objectKind !== 'PersistentVolumeClaim' && objectName.startsWith('web-data'),
    );
    expect(others).toEqual([]);
    const times = found.nodes.map(({ lastAt }: Data) => lastAt);
    expect(times).toEqual([...times].sort().reverse());
    const first = await events(serviceId, 'first: 2');
    expect(first.pageInfo.hasNextPage).toBe(true);
    const second = await events(serviceId, `first: 2, after: "${first.pageInfo.endCursor}"`);
    expect(second.nodes[0].id).not.toBe(first.nodes[1].id);
  });

  it('are merged when they repeat, and chosen by severity', async () => {
    const { serviceId } = await stack.seed.service({ spec: { image: 'shop/crash:1', replicas: 1 } });
    await stack.seed.deploy(serviceId);
    const repeated = await eventually(
      async () => {
        const { nodes } = await events(serviceId, 'severities: [WARNING]');
        return nodes.find(({ reason, count }: Data) => reason === 'BackOff' && count > 1);
      },
      { seconds: 50, what: 'a back-off that repeats' },
    );
    expect(repeated).toMatchObject({ severity: 'WARNING', type: 'Warning', objectKind: 'Pod' });
    expect(Date.parse(repeated.firstAt)).toBeLessThanOrEqual(Date.parse(repeated.lastAt));
    const { nodes } = await events(serviceId, 'severities: [NORMAL]');
    expect(new Set(nodes.map(({ severity }: Data) => severity))).toEqual(new Set(['NORMAL']));
  });
});
