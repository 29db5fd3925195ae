import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { sendJson } from '../../kit/fake-api-server.js';
import { eventually } from '../../kit/wait.js';
import { dataOf, watched } from '../../kit/watched-collection.js';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;
/** Bytes that are in use, and not only not collected yet. */
const held = (): number => {
  collectGarbage();
  const { arrayBuffers, heapUsed } = process.memoryUsage();
  return arrayBuffers + heapUsed;
};

describe('a cluster that sends nonsense (CL-12)', () => {
  it('loses the objects that cannot be read, and nothing else', async () => {
    const { collection, informer } = await watched((fake) => {
      fake.put('good', { v: '1' });
      const { handler } = fake;
      fake.onList = (request, response) => {
        fake.onList = undefined;
        const { end } = response;
        response.end = ((body: string) =>
          end.call(
            response,
            body.replace('"items":[', '"items":[null,7,{"metadata":null},{"metadata":{"name":5}},'),
            'utf8',
          )) as never;
        return handler(request, response);
      };
    });
    await informer.synced();
    expect(dataOf(informer)).toEqual({ good: '1' });
    await eventually(() => collection.open.size === 1);
    collection.write(
      'not json\n\n{"type":"ADDED"}\n{"type":"ADDED","object":null}\n{"type":"WAT","object":{}}\n[1]\nnull\n',
    );
    collection.write(Buffer.from([0xff, 0xfe, 0x22, 0x0a]));
    collection.write(
      `{"type":"ADDED","object":{"metadata":{"name":"odd","resourceVersion":"9","creationTimestamp":"never"}}}\n`,
    );
    collection.put('after', { v: '2' });
    await eventually(() => informer.get('dev/after'));
    expect(Object.keys(dataOf(informer)).sort()).toEqual(['after', 'good', 'odd']);
    expect(informer).toMatchObject({ unreadableCount: 12 });
    expect(new Set(collection.lists).size).toBe(1);
  });

  it('cannot fill the memory with one endless line', async () => {
    const { collection, informer } = await watched((fake) => fake.put('good', { v: '1' }));
    await informer.synced();
    await eventually(() => collection.open.size === 1);
    const [watch] = collection.open;
    const before = held();
    const block = Buffer.alloc(1024 * 1024, 'x');
    for (let mebibytes = 0; mebibytes < 200; mebibytes++) {
      if (!watch?.response.write(block))
        await new Promise((resolve) => watch?.response.once('drain', resolve));
    }
    // A line that is kept stays kept until it ends; what was let go of is freed in the background.
    await eventually(() => held() - before < 32 * 1024 * 1024, { what: 'memory without the line' });
    collection.write('\n');
    collection.put('after', { v: '2' });
    await eventually(() => informer.get('dev/after'));
  });

  it('nor with objects without end', async () => {
    const { collection, informer } = await watched(
      (fake) => {
        for (let i = 0; i < 5; i++) fake.put(`o${i}`, { v: '1' });
      },
      { mostObjects: 3 },
    );
    await informer.synced();
    await eventually(() => collection.open.size === 1);
    collection.put('o0', { v: '2' });
    collection.remove('o1');
    collection.put('new', { v: '1' });
    await eventually(() => informer.get('dev/new'));
    expect(dataOf(informer)).toEqual({ o0: '2', o2: '1', new: '1' });
    expect(informer).toMatchObject({ unreadableCount: 2 });
  });

  it('cannot keep a list going for ever', async () => {
    const { collection, informer, waits, holdRetries } = await watched((fake) => {
      fake.onList = (_request, response) =>
        sendJson(response, 200, { metadata: { resourceVersion: '1', continue: 'more' }, items: [] });
    });
    const retry = holdRetries();
    await eventually(() => waits.length > 0);
    expect(collection.lists).toHaveLength(400);
    expect(informer.observation()).toMatchObject({ stale: true, error: { code: 'TOO_LARGE' } });
    collection.onList = undefined;
    retry();
    await informer.synced();
  });

  it('or a reader that throws, does not take the informer down', async () => {
    const { collection, informer } = await watched((fake) => fake.put('a', { v: '1' }));
    informer.subscribe(() => {
      throw new Error('a bug of a reader');
    });
    await informer.synced();
    await eventually(() => collection.open.size === 1);
    collection.put('b', { v: '1' });
    await eventually(() => informer.get('dev/b'));
  });

  it('is served without what is not a map, a list or a text where one has to be', async () => {
    const { collection, informer } = await watched((fake) => fake.put('good', { v: '1' }));
    await informer.synced();
    await eventually(() => collection.open.size === 1);
    const odd = (name: string, metadata: object) =>
      collection.write(
        `${JSON.stringify({ type: 'ADDED', object: { metadata: { name, resourceVersion: '9', ...metadata } } })}\n`,
      );
    odd('labels', { labels: ['a'] });
    odd('annotations', { annotations: 'a' });
    odd('owners', { ownerReferences: { uid: 'a' } });
    odd('uid', { uid: 5 });
    odd('namespace', { namespace: null });
    odd('fine', { labels: null, annotations: { long: 'x'.repeat(256 * 1024), none: null, kept: 'yes' } });
    odd('owned', { ownerReferences: [null, 5, {}, { uid: 'uid-1' }] });
    await eventually(() => informer.get('owned'));
    expect(Object.keys(dataOf(informer)).sort()).toEqual(['fine', 'good', 'owned']);
    expect(informer.get('fine')?.metadata?.annotations).toEqual({ kept: 'yes' });
    expect(informer.listBy('owner', 'uid-1').map(({ metadata }) => metadata?.name)).toEqual(['owned']);
    expect(informer).toMatchObject({ unreadableCount: 5 });
  });
});
