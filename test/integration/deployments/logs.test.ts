import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aLog, neverAnswer, rewrite } from '../../kit/fault-proxy-faults.js';
import type { SeededService } from '../../kit/seed.js';
import { eventually } from '../../kit/wait.js';
import { ApiClient } from '../../sandbox/api-client.js';
import { type ProxiedStack, startProxiedStack } from '../faults/proxied-stack.js';
import { addPod, consecutive, counting, deletePod, logs, Reading, written } from './logs-pods.js';

let proxied: ProxiedStack;
let cluster: ApiClient;
beforeAll(async () => {
  proxied = await startProxiedStack(['logs']);
  cluster = new ApiClient(proxied.clusters[0]!.sandbox);
});
afterAll(() => proxied?.dispose());

const aService = (): Promise<SeededService> => proxied.stack.seed.service();
const read = (service: SeededService, input: object = {}): Reading =>
  new Reading(proxied.stack.admin, { serviceId: service.serviceId, ...input });
const page = async (service: SeededService, input: object = {}) =>
  (await proxied.stack.admin.query(logs, { input: { serviceId: service.serviceId, ...input } })).logs;
const logOf =
  (pod: string): typeof aLog =>
  (exchange) =>
    aLog(exchange) && exchange.url.pathname.includes(`/pods/${pod}/`);
/** How many lines the cluster has of a pod that counts. */
const linesOf = async ({ namespace }: SeededService, pod: string): Promise<number> => {
  const { body } = await cluster.get(`/api/v1/namespaces/${namespace}/pods/${pod}/log?container=app`);
  return String(body).trimEnd().split('\n').length;
};
const steer = (name: string, value: string): Record<string, string> => ({
  [`sandbox.meridian.dev/${name}`]: value,
});

describe('a line of 10 MB (LO-1)', () => {
  it('comes in flagged pieces of at most 64 KiB and small events', async () => {
    const service = await aService();
    await addPod(cluster, service, 'long', {
      annotations: {
        ...steer('log-lines-per-second', '50'),
        ...steer('log-long-line-bytes', String(10 << 20)),
      },
    });
    const reading = await read(service, { tail: 1 }).until(({ lines }) => {
      const first = lines.findIndex(({ partial }) => partial);
      return first >= 0 && lines.findIndex(({ partial }, index) => index > first && !partial) > 0;
    }, 'the end of the long line');
    await reading.stop();
    const first = reading.lines.findIndex(({ partial }) => partial);
    const last = reading.lines.findIndex(({ partial }, index) => index > first && !partial);
    const pieces = reading.lines.slice(first, last + 1).map(({ text }) => text as string);
    expect(pieces.join('')).toHaveLength(10 << 20);
    expect(Math.max(...pieces.map((text) => Buffer.byteLength(text)))).toBeLessThanOrEqual(64 * 1024);
    expect(new Set(reading.lines.slice(first, last + 1).map(({ at }) => at)).size).toBe(1);
    for (const { lines } of reading.of('LogLines')) {
      expect(lines.length === 1 || lines.map(({ text }: any) => text).join('').length <= 256 * 1024).toBe(
        true,
      );
    }
  });
});

describe('text that is no good text (LO-2)', () => {
  it('is kept as far as JSON can, and flagged when a page or terminal would act on it', async () => {
    const service = await aService();
    await addPod(cluster, service, 'odd', {
      script: `printf '\\033[31mred\\033[0m\\n'; printf 'over\\rwritten\\n'; echo '<b>plain</b>'; printf 'nul\\000byte\\n'; printf 'half \\355\\240\\200 end\\n'; sleep 600`,
    });
    await addPod(cluster, service, 'broken', {
      annotations: { ...steer('log-lines-per-second', '100'), ...steer('log-invalid-utf8', 'true') },
    });
    const reading = await read(service).until(
      ({ lines }) =>
        lines.some(({ pod, text }) => pod === 'broken' && text.includes('\uFFFD')) &&
        lines.some(({ text }) => text.includes('end')),
    );
    await reading.stop();
    const odd = reading.lines.filter(({ pod }) => pod === 'odd');
    expect(odd.map(({ text, hasControlCharacters }) => [text, hasControlCharacters])).toEqual([
      ['\u001b[31mred\u001b[0m', true],
      ['over\rwritten', true],
      ['<b>plain</b>', false],
      ['nul\0byte', true],
      // A lone surrogate in UTF-8.
      ['half \uFFFD\uFFFD\uFFFD end', false],
    ]);
  });
});

describe('a log whose connection is cut (LO-3)', () => {
  it('goes on after the last line, again and again, without loss or repetition', async () => {
    const service = await aService();
    await addPod(cluster, service, 'counter', { script: counting });
    const reading = read(service);
    for (let cuts = 1; cuts <= 3; cuts++) {
      const seen = reading.lines.length;
      await reading.until(({ lines }) => lines.length > seen + 3);
      await eventually(() => proxied.clusters[0]!.proxy.open(logOf('counter')).length > 0);
      for (const exchange of proxied.clusters[0]!.proxy.open(logOf('counter'))) exchange.cut();
    }
    const seen = reading.lines.length;
    await reading.until(({ lines }) => lines.length > seen + 3);
    await reading.stop();
    expect(consecutive(reading.numbers('counter'))).toBe(true);
    expect(reading.of('LogGap')).toEqual([]);
  });

  it('goes on after a cursor for each container, quiet ones included, as if nothing had happened', async () => {
    const service = await aService();
    for (const name of ['one', 'two']) await addPod(cluster, service, name, { script: counting });
    await addPod(cluster, service, 'quiet', { script: 'echo once; sleep 600' });
    const before = await read(service, { tail: 2 }).until(
      (all) =>
        Math.min(all.numbers('one').length, all.numbers('two').length) > 3 &&
        all.lines.some(({ pod }) => pod === 'quiet'),
    );
    await before.stop();
    const after = await read(service, { tail: 2, after: before.cursor }).until(
      ({ lines }) => lines.length > 8,
    );
    await after.stop();
    for (const name of ['one', 'two']) {
      expect(consecutive([...before.numbers(name), ...after.numbers(name)])).toBe(true);
    }
    expect(after.lines.filter(({ pod }) => pod === 'quiet')).toEqual([]);
    expect(after.of('LogPodJoined')).toEqual([]);
    expect(after.of('LogGap')).toEqual([]);
  });

  it('goes on, and says that lines are missing, when the log is rotated while it is followed', async () => {
    const service = await aService();
    await addPod(cluster, service, 'counter', { script: counting });
    const reading = await read(service).until((all) => all.numbers('counter').length > 3);
    const { proxy } = proxied.clusters[0]!;
    // When it asks again, the file with all that was written until then is gone.
    let gone = 0;
    const heal = proxy.inject(logOf('counter'), (exchange) => {
      void linesOf(service, 'counter').then((count) => {
        gone ||= count;
        const isKept = (number: string): boolean => Number(number) > gone;
        rewrite((text) =>
          text.replace(/^\S+ line (\d+)\n/gm, (line, number) => (isKept(number) ? line : '')),
        )(exchange);
      });
    });
    await eventually(() => proxy.open(logOf('counter')).length > 0);
    for (const exchange of proxy.open(logOf('counter'))) exchange.cut();
    await reading.until(
      (all) => all.numbers('counter').filter((number) => number > gone && gone > 0).length > 2,
    );
    await reading.stop();
    heal();
    const numbers = reading.numbers('counter');
    const after = numbers.indexOf(gone + 1);
    expect(after).toBeGreaterThan(3);
    expect(consecutive(numbers.slice(0, after)) && consecutive(numbers.slice(after))).toBe(true);
    expect(reading.of('LogGap')).toMatchObject([
      { dropped: null, reason: expect.stringContaining('rotated') },
    ]);
  });

  it('says that lines are missing when the log was rotated meanwhile', async () => {
    const service = await aService();
    await addPod(cluster, service, 'counter', { script: counting });
    await written(cluster, service, 'counter', 8);
    const { cursor } = await page(service, { first: 3 });
    // The file with the first five lines is gone.
    const heal = proxied.clusters[0]!.proxy.inject(
      logOf('counter'),
      rewrite((text) => text.replace(/^\S+ line [1-5]\n/gm, '')),
    );
    const after = await read(service, { after: cursor }).until(({ lines }) => lines.length > 2);
    await after.stop();
    heal();
    expect(after.events[0]).toMatchObject({
      __typename: 'LogGap',
      dropped: null,
      reason: expect.stringContaining('rotated'),
    });
    expect(after.of('LogGap')).toHaveLength(1);
    expect(after.numbers('counter').slice(0, 2)).toEqual([6, 7]);
  });
});

describe('the life of containers (LO-4)', () => {
  it('is followed over restarts, each run with its beginning and its end', async () => {
    const service = await aService();
    const reading = read(service);
    await addPod(cluster, service, 'crashing', { script: 'echo begins; sleep 2; echo ends; exit 3' });
    await reading.until((all) => all.of('LogPodLeft').length >= 2);
    await reading.stop();
    const told = reading.events.flatMap((event) =>
      event.__typename === 'LogLines'
        ? event.lines.map(({ text }: any) => text)
        : [event.restarts ?? event.reason],
    );
    expect(told.slice(0, 8)).toEqual([
      0,
      'begins',
      'ends',
      expect.stringContaining('exit code 3'),
      1,
      'begins',
      'ends',
      expect.stringContaining('exit code 3'),
    ]);
  });

  it('loses no line of a run that ended while nobody listened', async () => {
    const service = await aService();
    // Long enough for a busy machine to read the first line before the second is written.
    await addPod(cluster, service, 'crashing', { script: 'echo a; sleep 6; echo b; exit 1' });
    await written(cluster, service, 'crashing', 1);
    const before = await read(service, { follow: false }).until(({ ended }) => ended);
    expect(before.lines.map(({ text }) => text)).toEqual(['a']);
    await eventually(async () => {
      const { body } = await cluster.get(`/api/v1/namespaces/${service.namespace}/pods/crashing`);
      return (
        body.status.containerStatuses?.[0]?.restartCount === 1 &&
        body.status.containerStatuses[0].state.running
      );
    });
    const after = await read(service, { after: before.cursor }).until(({ lines }) => lines.length >= 2);
    await after.stop();
    expect(after.events.slice(0, 3).map(({ __typename, lines }) => lines?.[0].text ?? __typename)).toEqual([
      'b',
      'LogPodLeft',
      'LogPodJoined',
    ]);
  });

  it('is waited for before the start, with what prepares the pod among the lines', async () => {
    const service = await aService();
    await addPod(cluster, service, 'slow', {
      script: counting,
      spec: {
        initContainers: [
          {
            name: 'prepare',
            image: 'busybox:1.36',
            command: ['sh', '-c', 'echo preparing; sleep 3; echo prepared'],
            resources: { requests: { cpu: '1m', memory: '1Mi' }, limits: { cpu: '10m', memory: '4Mi' } },
          },
        ],
      },
    });
    const reading = await read(service).until((all) => all.numbers('slow').length > 1);
    await reading.stop();
    expect(reading.lines.slice(0, 3).map(({ container, text }) => [container, text])).toEqual([
      ['prepare', 'preparing'],
      ['prepare', 'prepared'],
      ['app', 'line 1'],
    ]);
  });

  it('completes when the pods that were asked for are deleted, after their last lines', async () => {
    const service = await aService();
    await addPod(cluster, service, 'short', { script: counting });
    const reading = await read(service, { pods: ['short'] }).until(({ lines }) => lines.length > 1);
    await deletePod(cluster, service, 'short');
    await reading.until(({ ended }) => ended);
    expect(reading.events.slice(-2)).toMatchObject([
      { __typename: 'LogPodLeft', pod: 'short', reason: expect.stringMatching(/deleted|exit code/) },
      { __typename: 'LogCompleted', reason: expect.stringContaining('gone') },
    ]);
    expect(consecutive(reading.numbers('short'))).toBe(true);
  });
});

describe('the run before the last restart (LO-5)', () => {
  it('is read once and completes; without one it is NOT_FOUND', async () => {
    const service = await aService();
    await addPod(cluster, service, 'goes-on', { script: counting });
    await written(cluster, service, 'goes-on');
    const early = await read(service, { previous: true })
      .until(({ ended }) => ended, 'an end')
      .catch((error) => error);
    expect(early.code).toBe('NOT_FOUND');
    await addPod(cluster, service, 'restarts', { script: 'echo run; sleep 1; exit 1' });
    await eventually(async () => {
      const { body } = await cluster.get(`/api/v1/namespaces/${service.namespace}/pods/restarts`);
      return body.status.containerStatuses?.[0]?.restartCount >= 1;
    });
    const reading = await read(service, { previous: true }).until(({ ended }) => ended);
    expect(reading.lines.map(({ text }) => text)).toEqual(['run']);
    expect(reading.events.at(-1).__typename).toBe('LogCompleted');
  });
});

describe('the numbers of an input (LO-6)', () => {
  it('are judged with the field and the remedy, and zero lines are none', async () => {
    const service = await aService();
    await addPod(cluster, service, 'counter', { script: counting });
    await written(cluster, service, 'counter', 3);
    const refused = async (input: object) => {
      const { errors } = await proxied.stack.admin.send(logs, {
        input: { serviceId: service.serviceId, ...input },
      });
      return errors?.[0];
    };
    for (const input of [
      { tail: -1 },
      { tail: 1_000_000_000 },
      { first: 0 },
      { first: 10_001 },
      { pods: [] },
      { after: 'x' },
    ]) {
      const error = await refused(input);
      expect(error?.extensions.code).toBe('BAD_USER_INPUT');
      expect(JSON.stringify(error?.extensions['problems'])).toContain(Object.keys(input)[0]);
    }
    expect((await page(service, { tail: 0 })).lines).toEqual([]);
    expect((await page(service, { since: new Date(Date.now() + 3_600_000) })).lines).toEqual([]);
    expect((await page(service, { tail: 2 })).lines).toHaveLength(2);
  });

  it('and names that nothing has are NOT_FOUND', async () => {
    const service = await aService();
    await addPod(cluster, service, 'there', { script: counting });
    for (const input of [{ pods: ['not-there'] }, { containers: ['not-there'] }]) {
      const reading = await read(service, input)
        .until(({ ended }) => ended, 'an end')
        .catch((error) => error);
      expect(reading.code).toBe('NOT_FOUND');
    }
  });
});

describe('a page of a long log (LO-7)', () => {
  it('has a thousand lines of each container by default', async () => {
    const service = await aService();
    await addPod(cluster, service, 'long', {
      script: 'for i in $(seq 1 1500); do echo line $i; done; sleep 600',
    });
    await written(cluster, service, 'long', 1_500);
    const { lines, truncated } = await page(service);
    expect([lines.length, truncated]).toEqual([1_000, false]);
  });

  it('ends at its limits with a flag, and pages together are the whole', async () => {
    const service = await aService();
    for (const name of ['one', 'two']) {
      await addPod(cluster, service, name, {
        script: 'for i in $(seq 1 300); do echo line $i; done; sleep 600',
      });
      await written(cluster, service, name, 300);
    }
    const lines: any[] = [];
    let after: string | null = null;
    let pages = 0;
    for (let truncated = true; truncated; pages++) {
      const part = await page(service, { first: 130, after });
      expect(part.gaps).toEqual([]);
      lines.push(...part.lines);
      ({ truncated, cursor: after } = part);
    }
    expect(pages).toBe(5);
    for (const name of ['one', 'two']) {
      const numbers = lines.filter(({ pod }) => pod === name).map(({ text }) => Number(text.slice(5)));
      expect(numbers).toEqual(Array.from({ length: 300 }, (_, index) => index + 1));
    }
  });

  it('has at most 10 MB', async () => {
    const service = await aService();
    await addPod(cluster, service, 'long', {
      annotations: { ...steer('log-lines-per-second', '1000'), ...steer('log-long-line-bytes', '1000000') },
    });
    await written(cluster, service, 'long', 900);
    const { data } = await proxied.stack.admin.send(logs, {
      input: { serviceId: service.serviceId, tail: 10_000 },
    });
    expect(data.logs.truncated).toBe(true);
    const bytes = Buffer.byteLength(JSON.stringify(data));
    expect(bytes).toBeLessThanOrEqual(10_000_000);
    expect(bytes).toBeGreaterThan(5_000_000);
  });
});

describe('fifty containers at once (LO-8)', () => {
  it('are merged by time, and one that does not answer holds up none of the others', async () => {
    const service = await aService();
    const names = Array.from({ length: 50 }, (_, index) => `pod-${index}`);
    for (const name of names) await addPod(cluster, service, name, { script: counting });
    for (const name of names) await written(cluster, service, name, 2);
    proxied.clusters[0]!.proxy.inject(logOf('pod-7'), neverAnswer);
    const reading = await read(service, { tail: 5 }).until(
      (all) => names.filter((name) => all.numbers(name).length > 8).length >= 49,
      'lines of 49 pods',
    );
    await reading.stop();
    proxied.clusters[0]!.proxy.heal();
    const history = reading.lines.slice(0, 49 * 2).map(({ at }) => at);
    expect(history).toEqual([...history].sort());
    for (const name of names) expect(consecutive(reading.numbers(name))).toBe(true);
    expect(reading.numbers('pod-7')).toEqual([]);
  });
});

describe('what is wanted of a log', () => {
  it('can be told by a regular expression, whose mistakes are named', async () => {
    const service = await aService();
    await addPod(cluster, service, 'counter', {
      script: 'for i in $(seq 1 30); do echo line $i; done; sleep 600',
    });
    await written(cluster, service, 'counter', 30);
    const { lines } = await page(service, { filter: '^line [12]?5$', filterKind: 'REGULAR_EXPRESSION' });
    expect(lines.map(({ text }: any) => text)).toEqual(['line 5', 'line 15', 'line 25']);
    expect((await page(service, { filter: '5$' })).lines).toEqual([]);
    const { errors } = await proxied.stack.admin.send(logs, {
      input: { serviceId: service.serviceId, filter: 'a(b', filterKind: 'REGULAR_EXPRESSION' },
    });
    expect(errors?.[0]).toMatchObject({
      message: expect.stringContaining('missing closing )'),
      extensions: { code: 'BAD_USER_INPUT' },
    });
  });

  it('moves the cursor also over lines that were left out', async () => {
    const service = await aService();
    await addPod(cluster, service, 'counter', {
      script: 'for i in $(seq 1 30); do echo line $i; done; sleep 600',
    });
    await written(cluster, service, 'counter', 30);
    const { cursor } = await page(service, { filter: 'line 7' });
    expect((await page(service, { after: cursor })).lines).toEqual([]);
  });
});
