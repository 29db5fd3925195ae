import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Sandbox, startSandbox } from '../../sandbox/sandbox.js';
import { eventually } from '../kit/wait.js';
import { ApiClient } from './api-client.js';

const MAPS = '/api/v1/namespaces/default/configmaps';

let sandbox: Sandbox;
let client: ApiClient;

beforeEach(async () => {
  sandbox = await startSandbox({ name: 'watched', seed: 1, controllers: false, historyLimit: 100 });
  client = new ApiClient(sandbox);
});

afterEach(() => sandbox.dispose());

const write = (
  name: string,
  data: Record<string, string> = {},
  labels: Record<string, string> = {},
): void => {
  const draft = { metadata: { name, namespace: 'default', labels }, data };
  if (sandbox.api.get('configmaps', 'default', name)) sandbox.api.update('configmaps', draft);
  else sandbox.api.create('configmaps', draft);
};

describe('watching', () => {
  test('a list and the watch from its version together give every change once', async () => {
    for (let i = 0; i < 20; i += 1) write(`before-${i}`);
    const { body } = await client.get(`${MAPS}?limit=5`);
    const { resourceVersion } = body.metadata;
    for (let i = 0; i < 50; i += 1) write(`after-${i}`);
    const seen: string[] = [];
    const stop = await client.watch(
      `${MAPS}?watch=1&resourceVersion=${resourceVersion}`,
      ({ type, object }) => {
        seen.push(`${type} ${object.metadata.name}`);
      },
    );
    for (let i = 0; i < 50; i += 1) write(`after-${i}`, { changed: 'yes' });
    await eventually(() => seen.length >= 100);
    expect(seen).toEqual([
      ...Array.from({ length: 50 }, (_, i) => `ADDED after-${i}`),
      ...Array.from({ length: 50 }, (_, i) => `MODIFIED after-${i}`),
    ]);
    stop();
  });

  test('pages stay those of the first one while objects come and go', async () => {
    for (let i = 10; i < 40; i += 1) write(`m-${i}`);
    const first = await client.get(`${MAPS}?limit=10`);
    write('m-25a');
    sandbox.api.remove('configmaps', 'default', 'm-39');
    const names = first.body.items.map(({ metadata }: any) => metadata.name);
    for (let token = first.body.metadata.continue; token; ) {
      const { body } = await client.get(`${MAPS}?limit=10&continue=${token}`);
      names.push(...body.items.map(({ metadata }: any) => metadata.name));
      token = body.metadata.continue;
    }
    expect(names).toEqual(Array.from({ length: 30 }, (_, i) => `m-${i + 10}`));
  });

  test('a version that the history has lost is answered with 410 inside the stream', async () => {
    write('one');
    const { resourceVersion } = sandbox.api.get('configmaps', 'default', 'one')?.metadata ?? {};
    for (let i = 0; i < 200; i += 1) write('busy', { i: String(i) });
    const events: any[] = [];
    await client.watch(`${MAPS}?watch=1&resourceVersion=${resourceVersion}`, (event) => events.push(event));
    await eventually(() => events.length > 0);
    expect(events).toMatchObject([{ type: 'ERROR', object: { code: 410, reason: 'Expired' } }]);
  });

  test('compaction ends page tokens with 410 and a token that goes on', async () => {
    for (let i = 0; i < 9; i += 1) write(`m-${i}`);
    const { body } = await client.get(`${MAPS}?limit=5`);
    write('later');
    sandbox.compact();
    const expired = await client.get(`${MAPS}?limit=5&continue=${body.metadata.continue}`);
    expect(expired.body).toMatchObject({ code: 410, reason: 'Expired' });
    const rest = await client.get(`${MAPS}?limit=50&continue=${expired.body.metadata.continue}`);
    expect(rest.body.items.map(({ metadata }: any) => metadata.name)).toContain('m-8');
  });

  test('an object that leaves the selector is DELETED and comes back as ADDED', async () => {
    write('moving', {}, { app: 'a' });
    const seen: any[] = [];
    const stop = await client.watch(`${MAPS}?watch=1&labelSelector=app%3Da`, (event) => seen.push(event));
    write('moving', {}, { app: 'b' });
    write('moving', { x: '1' }, { app: 'b' });
    write('moving', { x: '1' }, { app: 'a' });
    await eventually(() => seen.length >= 3);
    expect(seen.map(({ type, object }) => [type, object.metadata.labels.app])).toEqual([
      ['ADDED', 'a'],
      ['DELETED', 'a'],
      ['ADDED', 'a'],
    ]);
    stop();
  });

  test('a write that changes nothing keeps the version and is not announced', async () => {
    write('still', { a: '1' });
    const before = sandbox.api.get('configmaps', 'default', 'still')?.metadata.resourceVersion;
    const seen: any[] = [];
    const stop = await client.watch(`${MAPS}?watch=1&resourceVersion=${before}`, (event) => seen.push(event));
    await client.patch(`${MAPS}/still`, { data: { a: '1' } });
    write('last');
    await eventually(() => seen.length > 0);
    expect(seen.map(({ object }) => object.metadata.name)).toEqual(['last']);
    expect(sandbox.api.get('configmaps', 'default', 'still')?.metadata.resourceVersion).toBe(before);
    stop();
  });
});
