import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { GraphqlClient } from '../../kit/graphql-client.js';
import type { SeededService } from '../../kit/seed.js';
import { type Stack, startStack } from '../../kit/stack.js';
import { eventually } from '../../kit/wait.js';
import { ApiClient } from '../../sandbox/api-client.js';
import { addPod, logs, Reading, written } from './logs-pods.js';

let stack: Stack;
let service: SeededService;
beforeAll(async () => {
  stack = await startStack();
  const cluster = new ApiClient(stack.meridian.sandboxes[0]!);
  service = await stack.seed.service();
  await addPod(cluster, service, 'counter', {
    script: 'for i in $(seq 1 250); do echo line $i; done; sleep 600',
  });
  await addPod(cluster, service, 'long', {
    annotations: {
      'sandbox.meridian.dev/log-lines-per-second': '1000',
      'sandbox.meridian.dev/log-long-line-bytes': '200000',
    },
  });
  await written(cluster, service, 'counter', 250);
  await written(cluster, service, 'long', 250);
});
afterAll(() => stack?.dispose());

const mutation = `mutation ($input: CreateLogDownloadInput!) { createLogDownload(input: $input) {
  url expiresAt userErrors { code field message } } }`;
const link = async (client: GraphqlClient, input: object = {}): Promise<string> => {
  const { url } = await client.mutate(mutation, { input: { serviceId: service.serviceId, ...input } });
  return new URL(url, stack.url).href;
};
const audited = async (userId: string): Promise<string[]> => {
  const rows = await stack.meridian.services.published.query<{ action: string; result: string }>(
    'SELECT action, result FROM audit.event WHERE user_id = $1 AND target_id = $2 ORDER BY at',
    [userId, service.serviceId],
  );
  return rows.map(({ action, result }) => `${action} ${result}`);
};

describe('a download of a log', () => {
  it('is plain text with time, pod and container in each line, to whoever has the link', async () => {
    const response = await fetch(await link(stack.admin, { pods: ['counter'] }));
    expect(response.status).toBe(200);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'text/plain; charset=utf-8',
      'content-disposition': expect.stringMatching(/^attachment; filename="web-[\dTZ-]+\.log"$/),
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
    });
    const lines = (await response.text()).trimEnd().split('\n');
    expect(lines).toHaveLength(250);
    for (const [index, line] of lines.entries()) {
      expect(line).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z counter\/app line \d+$/);
      expect(line.endsWith(` line ${index + 1}`)).toBe(true);
    }
  });

  it('makes long lines whole again', async () => {
    const text = await (await fetch(await link(stack.admin, { pods: ['long'], tail: 200 }))).text();
    const lengths = text.split('\n').map((line) => line.replace(/^\S+ \S+ /, '').length);
    expect(lengths.filter((length) => length === 200_000).length).toBeGreaterThanOrEqual(2);
    expect(text).not.toContain('---');
  });

  it('goes at the pace of a slow client and is whole in the end', async () => {
    const response = await fetch(await link(stack.admin, { pods: ['counter', 'long'], tail: 2_000 }));
    let text = '';
    const decoder = new TextDecoder();
    let chunks = 0;
    for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
      text += decoder.decode(chunk, { stream: true });
      if (chunks++ % 20 === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    }
    const numbers = [...text.matchAll(/counter\/app line (\d+)\n/g)].map(([, number]) => Number(number));
    expect(numbers).toEqual(Array.from({ length: 250 }, (_, index) => index + 1));
    expect(text).not.toContain('---');
  });

  it('closes what it opened in the cluster when the client leaves', async () => {
    const leave = new AbortController();
    const response = await fetch(await link(stack.admin, { pods: ['long'] }), { signal: leave.signal });
    expect(response.status).toBe(200);
    leave.abort();
    await eventually(
      () => stack.meridian.sandboxes[0]?.requests.openRequests(({ path }) => path.includes('/log?')) === 0,
    );
  });

  it('is for who may read the log when it is fetched, and is in the audit log', async () => {
    const user = await stack.seed.user();
    const binding = await stack.seed.bind(user.id, 'developer', { projectId: service.projectId });
    const url = await link(user.client, { pods: ['counter'] });
    expect((await fetch(url)).status).toBe(200);
    await stack.admin.mutate(
      'mutation ($input: UnbindRoleInput!) { unbindRole(input: $input) { userErrors { code message } } }',
      { input: { roleBindingId: binding } },
    );
    const refused = await fetch(url);
    expect([403, 404]).toContain(refused.status);
    expect(await refused.text()).not.toContain('line 1');
    const { createLogDownload } = await user.client.query(mutation, {
      input: { serviceId: service.serviceId },
    });
    expect(createLogDownload).toMatchObject({
      url: null,
      userErrors: [{ code: expect.stringMatching(/FORBIDDEN|NOT_FOUND/) }],
    });
    expect(await audited(user.id)).toEqual([
      'createLogDownload DONE',
      'serviceLogs DONE',
      'serviceLogs REFUSED',
      'createLogDownload REFUSED',
    ]);
  });

  it('is not to be had with a link that was changed, made up or used otherwise', async () => {
    const url = await link(stack.admin);
    const changed = url.replace(/.{6}$/, (end) =>
      end.startsWith('A') ? `B${end.slice(1)}` : `A${end.slice(1)}`,
    );
    for (const other of [
      changed,
      `${stack.url.replace('/graphql', '')}/downloads/logs/nonsense`,
      `${url}x`,
    ]) {
      expect((await fetch(other)).status).toBe(404);
    }
    expect((await fetch(url, { method: 'POST' })).status).toBe(405);
    expect((await fetch(url, { headers: { origin: 'https://evil.example.com' } })).status).toBe(403);
  });

  it('has its input judged before there is a link', async () => {
    const { createLogDownload } = await stack.admin.query(mutation, {
      input: { serviceId: service.serviceId, filter: '[', filterKind: 'REGULAR_EXPRESSION' },
    });
    expect(createLogDownload.userErrors).toMatchObject([
      { code: 'BAD_USER_INPUT', field: ['input', 'filter'] },
    ]);
  });
});

describe('reading a log', () => {
  it('is in the audit log, by stream and by page, also when it is refused', async () => {
    const user = await stack.seed.user({ role: 'developer', scope: { projectId: service.projectId } });
    const stranger = await stack.seed.user();
    await user.client.query(logs, { input: { serviceId: service.serviceId, tail: 1 } });
    const reading = new Reading(user.client, { serviceId: service.serviceId, tail: 1, follow: false });
    await reading.until(({ ended }) => ended);
    expect(await audited(user.id)).toEqual(['logs DONE', 'serviceLogs DONE']);
    const { errors } = await stranger.client.send(logs, { input: { serviceId: service.serviceId } });
    expect(['FORBIDDEN', 'NOT_FOUND']).toContain(errors?.[0]?.extensions.code);
    expect(await audited(stranger.id)).toEqual(['logs REFUSED']);
  });
});
