import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Stopwatch } from '../../kit/stopwatch.js';
import { eventually } from '../../kit/wait.js';
import { type Asker, uniqueName } from '../clusters/platform.js';
import { type Marketplace, type SeededEnvironment, startMarketplace } from './marketplace.js';

type Event = any;
let marketplace: Marketplace;
let environment: SeededEnvironment;
beforeAll(async () => {
  marketplace = await startMarketplace();
  environment = await marketplace.environment();
});
afterAll(() => marketplace?.dispose());

const subscription = `subscription ($id: ID!, $after: String) { instanceStatus(instanceId: $id, after: $after) { __typename
  ... on InstanceSnapshot { cursor instance { status statusReason } }
  ... on InstanceChanged { cursor instance { status statusReason } }
  ... on InstanceDeleted { cursor instanceId } } }`;

/** Collects the events of a stream in the background. */
function watch(id: string, options: { asker?: Asker; after?: string } = {}) {
  const events: Event[] = [];
  const stop = new AbortController();
  const ended = (async () => {
    const stream = (options.asker ?? marketplace.admin).subscribe(
      subscription,
      { id, after: options.after },
      stop.signal,
    );
    for await (const event of stream) events.push(event);
  })();
  ended.catch(() => undefined);
  const statuses = (): string[] => events.map((event) => event.instance?.status ?? event.__typename);
  const reaches = (status: string, what = status) =>
    eventually(() => statuses().includes(status), { what: `${what} among ${statuses().join()}` });
  return { events, ended, statuses, reaches, stop: () => stop.abort() };
}

describe('watching an instance', () => {
  it('tells its whole life, each state once, and ends with it', async () => {
    const id = await marketplace.create(environment.id);
    const stream = watch(id);
    await stream.reaches('READY');
    await marketplace.admin.mutate('deleteInstance', { instanceId: id });
    await stream.ended;
    expect(stream.events[0].__typename).toBe('InstanceSnapshot');
    expect(stream.events.slice(1, -1).every(({ __typename }) => __typename === 'InstanceChanged')).toBe(true);
    expect(stream.events.at(-1)).toEqual({
      __typename: 'InstanceDeleted',
      cursor: 'deleted',
      instanceId: id,
    });
    const distinct = stream.statuses().filter((status, index, all) => status !== all[index - 1]);
    expect(distinct).toEqual(['PROVISIONING', 'READY', 'DELETING', 'InstanceDeleted']);
    expect(new Set(stream.events.map(({ cursor }) => cursor)).size).toBe(stream.events.length);
  });

  it('shows that it is DEGRADED while a pod is missing, and READY when it is back', async () => {
    const name = uniqueName('store');
    const id = await marketplace.create(environment.id, { name });
    await marketplace.becomes(id, 'READY');
    const stream = watch(id);
    await stream.reaches('READY');
    marketplace.sandbox.api.remove('pods', environment.namespace, `${name}-0`);
    await stream.reaches('DEGRADED');
    await eventually(() => stream.statuses().at(-1) === 'READY');
    stream.stop();
  });

  it('goes on after a cursor without repeating what was seen', async () => {
    const id = await marketplace.create(environment.id);
    await marketplace.becomes(id, 'READY');
    const first = watch(id);
    await first.reaches('READY');
    first.stop();
    const second = watch(id, { after: first.events.at(-1).cursor });
    await marketplace.admin.mutate('updateInstance', { instanceId: id, plan: 'medium' });
    await second.reaches('UPDATING');
    expect(second.events[0]).toMatchObject({
      __typename: 'InstanceChanged',
      instance: { status: 'UPDATING' },
    });
    second.stop();
  });

  it('says why it can not become ready', async () => {
    const id = await marketplace.create(environment.id, { storageClass: 'fast' });
    await marketplace.becomes(id, 'READY');
    const [set] = marketplace.sandbox.api.list('statefulsets', { labels: { 'meridian.dev/instance': id } });
    const stream = watch(id);
    const draft = structuredClone(set) as any;
    draft.spec.template.spec.containers[0].image = 'redis:no-such-tag-imagepullbackoff';
    marketplace.sandbox.api.update('statefulsets', draft);
    await stream.reaches('DEGRADED');
    stream.stop();
  });

  it('ends within 5 s when the permission is taken away, and tells nothing after', async () => {
    const id = await marketplace.create(environment.id);
    await marketplace.becomes(id, 'READY');
    const user = await marketplace.platform.user();
    const { roleBinding } = await marketplace.platform.admin.identity.mutate(
      'bindRole',
      { userId: user.id, role: 'viewer', scope: { projectId: environment.projectId } },
      'roleBinding { id }',
    );
    const stream = watch(id, { asker: marketplace.as(user) });
    await stream.reaches('READY');
    await marketplace.platform.admin.identity.mutate('unbindRole', { roleBindingId: roleBinding.id });
    const stopwatch = new Stopwatch();
    await expect(stream.ended).rejects.toMatchObject({ code: 'FORBIDDEN' });
    expect(stopwatch.seconds).toBeLessThan(5);
    const seen = stream.events.length;
    await marketplace.admin.mutate('updateInstance', { instanceId: id, plan: 'medium' });
    await marketplace.becomes(id, 'READY');
    expect(stream.events).toHaveLength(seen);
  });
});
