import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Stack, startStack } from '../../kit/stack.js';
import { eventually } from '../../kit/wait.js';

type Data = any;

let stack: Stack;
beforeAll(async () => {
  stack = await startStack();
});
afterAll(() => stack?.dispose());

const usage = `usage { at cpuCores memoryBytes history { at cpuCores memoryBytes } } usageUnavailable { reason }`;
const read = async (id: string): Promise<Data> =>
  (
    await stack.admin.query(
      `query ($id: ID!) { service(id: $id) { ${usage} pods { nodes { name ${usage} } } } }`,
      { id },
    )
  ).service;

describe('what a service uses', () => {
  it('is what its pods use together, from one poll for all', async () => {
    const first = await stack.seed.runningService();
    const second = await stack.seed.runningService();
    const isMeasured = ({ usage: own, pods }: Data) => own && pods.nodes.every((pod: Data) => pod.usage);
    const service = await eventually(
      async () => {
        const found = await read(first.serviceId);
        return isMeasured(found) && found;
      },
      { seconds: 50, what: 'a measurement of all pods' },
    );
    expect(service.usageUnavailable).toBeNull();
    expect(service.pods.nodes).toHaveLength(2);
    const sum = (field: string): number =>
      service.pods.nodes.reduce((total: number, pod: Data) => total + pod.usage[field], 0);
    expect(service.usage.memoryBytes).toBeGreaterThan(0);
    expect(service.usage.memoryBytes).toBe(sum('memoryBytes'));
    expect(service.usage.cpuCores).toBeCloseTo(sum('cpuCores'), 9);
    expect(service.usage.history.at(-1)).toEqual({
      at: service.usage.at,
      cpuCores: service.usage.cpuCores,
      memoryBytes: service.usage.memoryBytes,
    });
    const asked = () =>
      stack.meridian.sandboxes[0]?.requests.count(({ path }) => path.startsWith('/apis/metrics.k8s.io/')) ??
      0;
    const [before, started] = [asked(), Date.now()];
    await Promise.all(
      Array.from({ length: 40 }, (_, index) => read(index % 2 ? first.serviceId : second.serviceId)),
    );
    expect(before).toBeGreaterThan(0);
    expect(asked() - before).toBeLessThanOrEqual(Math.ceil((Date.now() - started) / 13_500));
  });

  it('is null with the reason while nothing runs', async () => {
    const { serviceId } = await stack.seed.service();
    expect(await read(serviceId)).toMatchObject({
      usage: null,
      usageUnavailable: { reason: 'NOT_MEASURED' },
      pods: { nodes: [] },
    });
  });
});
