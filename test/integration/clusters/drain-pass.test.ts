import type { ServerResponse } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { drainPass } from '../../../subgraphs/clusters/node-drain/drain-pass.js';
import type { DrainedPod } from '../../../subgraphs/clusters/node-drain/drain-state.js';
import type { ApiServerConnection } from '../../../subgraphs/shared/kubernetes/connection.js';
import {
  connectTo,
  ended,
  FakeApiServer,
  type FakeRequest,
  sendJson,
  sendStatus,
} from '../../kit/fake-api-server.js';

const budgetCause = (message: string) => ({ causes: [{ reason: 'DisruptionBudget', message }] });
const refusal = "Cannot evict pod as it would violate the pod's disruption budget.";

/** Answers to evictions by name of the pod, as a real API server gave them (kubernetes-captures 17). */
const answers: Record<string, (response: ServerResponse) => void> = {
  free: (response) => sendJson(response, 201, { kind: 'Status', status: 'Success', code: 201 }),
  unobserved: (response) =>
    sendStatus(response, 429, 'TooManyRequests', refusal, {
      headers: { 'retry-after': '10' },
      details: budgetCause('The disruption budget web is still being processed by the server.'),
    }),
  blocked: (response) =>
    sendStatus(response, 429, 'TooManyRequests', refusal, {
      details: budgetCause('The disruption budget web needs 2 healthy pods and has 2 currently'),
    }),
  busy: (response) =>
    sendStatus(response, 429, 'TooManyRequests', 'too many requests, please try again later'),
  vanished: (response) => sendStatus(response, 404, 'NotFound', 'pods "vanished" not found'),
  ending: (response) =>
    sendStatus(response, 403, 'Forbidden', 'namespace is being terminated', {
      details: { causes: [{ reason: 'NamespaceTerminating', message: 'namespace a is being terminated' }] },
    }),
  forbidden: (response) =>
    sendStatus(response, 403, 'Forbidden', 'User "x" cannot create resource "pods/eviction"'),
  twice: (response) =>
    sendStatus(
      response,
      500,
      '',
      'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.',
    ),
};

let server: FakeApiServer;
let connection: ApiServerConnection;
let now: number;
let deleting: Set<string>;
let absent: Set<string>;
beforeEach(async () => {
  now = 1_000_000;
  deleting = new Set();
  absent = new Set();
  server = await FakeApiServer.start(({ method, url }, response) => {
    if (method === 'POST') return answers[url.pathname.split('/').at(-2) ?? '']?.(response);
    const items = Object.keys(answers)
      .filter((name) => !absent.has(name))
      .map((name) => ({
        metadata: {
          name,
          namespace: 'a',
          uid: `uid-${name}`,
          resourceVersion: '1',
          ...(deleting.has(name) ? { deletionTimestamp: '2026-11-22T18:00:00Z' } : {}),
        },
      }));
    return sendJson(response, 200, { metadata: { resourceVersion: '1' }, items });
  });
  connection = connectTo(server.origin);
});
afterEach(async () => {
  await connection?.dispose(ended);
  await server?.close();
});

const waiting = (...names: string[]): DrainedPod[] =>
  names.map((name) => ({
    namespace: 'a',
    name,
    uid: `uid-${name}`,
    state: 'WAITING',
    reason: null,
    disruptionBudget: null,
  }));
const options = { force: false, deleteEmptyDirData: false, gracePeriodSeconds: null, timeoutSeconds: 60 };
const pass = (pods: readonly DrainedPod[], attempts = new Map<string, number>(), more: object = {}) =>
  drainPass(connection, { nodeName: 'n', options: { ...options, ...more }, pods }, attempts, () => now);
const evictions = (): FakeRequest[] => server.requests.filter(({ method }) => method === 'POST');
const statesOf = (pods: readonly DrainedPod[]): Record<string, string> =>
  Object.fromEntries(pods.map(({ name, state }) => [name, state]));

describe('one pass of a drain', () => {
  it('tells what each answer of the API server means', async () => {
    const pods = await pass(waiting(...Object.keys(answers)));
    expect(statesOf(pods)).toEqual({
      free: 'TERMINATING',
      unobserved: 'BLOCKED',
      blocked: 'BLOCKED',
      busy: 'WAITING',
      vanished: 'GONE',
      ending: 'WAITING',
      forbidden: 'REFUSED',
      twice: 'REFUSED',
    });
    const blocked = pods.find(({ name }) => name === 'blocked');
    expect(blocked).toMatchObject({
      disruptionBudget: 'web',
      reason: 'The disruption budget web needs 2 healthy pods and has 2 currently',
    });
  });

  it('waits as long as Retry-After says, else five seconds, before it asks again', async () => {
    const attempts = new Map<string, number>();
    let pods = await pass(waiting('unobserved', 'blocked', 'busy'), attempts);
    expect(evictions()).toHaveLength(3);
    now += 4_999;
    pods = await pass(pods, attempts);
    expect(evictions()).toHaveLength(3);
    now += 1;
    pods = await pass(pods, attempts);
    expect(evictions()).toHaveLength(5);
    now += 5_000;
    await pass(pods, attempts);
    expect(evictions().filter(({ url }) => url.pathname.includes('unobserved'))).toHaveLength(2);
  });

  it('leaves alone what is shutting down, and knows what is gone', async () => {
    deleting.add('free');
    absent.add('blocked');
    const pods = await pass(waiting('free', 'blocked'));
    expect(statesOf(pods)).toEqual({ free: 'TERMINATING', blocked: 'GONE' });
    expect(evictions()).toEqual([]);
  });

  it('evicts exactly the pod that was meant, with the time that was given', async () => {
    await pass(waiting('free'), new Map(), { gracePeriodSeconds: 0 });
    expect(JSON.parse(evictions()[0]?.body ?? '')).toEqual({
      apiVersion: 'policy/v1',
      kind: 'Eviction',
      metadata: { name: 'free', namespace: 'a' },
      deleteOptions: { gracePeriodSeconds: 0, preconditions: { uid: 'uid-free' } },
    });
    expect(server.requests[0]?.url.searchParams.get('fieldSelector')).toBe('spec.nodeName=n');
  });

  it('concludes nothing when the cluster does not answer', async () => {
    server.handler = (_request, response) => sendStatus(response, 503, 'ServiceUnavailable', 'down');
    await expect(pass(waiting('free'))).rejects.toMatchObject({ code: 'CLUSTER_UNAVAILABLE' });
  });
});
