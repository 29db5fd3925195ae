import { afterEach, describe, expect, it } from 'vitest';
import {
  ClusterAuthFailedError,
  ClusterRejectedError,
  ClusterUnavailableError,
  ConflictError,
  type MeridianError,
  NotFoundError,
  QuotaExceededError,
  RateLimitedError,
  TimeoutError,
  TooLargeError,
} from '../../../subgraphs/shared/errors.js';
import type { ApiServerConnection } from '../../../subgraphs/shared/kubernetes/connection.js';
import { statusOf } from '../../../subgraphs/shared/kubernetes/errors.js';
import { collectionPath, objectPath, resources } from '../../../subgraphs/shared/kubernetes/resources.js';
import { caCertificate, otherCaCertificate } from '../../kit/certificates.js';
import {
  connectTo,
  ended,
  FakeApiServer,
  sendJson,
  sendStatus,
  tokenFor,
} from '../../kit/fake-api-server.js';
import { Stopwatch } from '../../kit/stopwatch.js';
import { eventually } from '../../kit/wait.js';

const stack: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const dispose of stack.splice(0).reverse()) await dispose();
});

async function serve(...args: Parameters<typeof FakeApiServer.start>): Promise<FakeApiServer> {
  const server = await FakeApiServer.start(...args);
  stack.push(() => server.close());
  return server;
}
function connect(...args: Parameters<typeof connectTo>): ApiServerConnection {
  const connection = connectTo(...args);
  stack.push(() => connection.dispose(ended));
  return connection;
}
const pods = { method: 'GET', path: collectionPath(resources.pods, 'dev') } as const;
const failureOf = (call: Promise<unknown>): Promise<MeridianError> =>
  call.then(
    () => Promise.reject(new Error('it succeeded')),
    (error: MeridianError) => error,
  );

describe('a connection to a cluster', () => {
  it('keeps its socket between calls and sends its token', async () => {
    const server = await serve((_request, response) => sendJson(response, 200, { items: [] }));
    const connection = connect(server.origin);
    for (let i = 0; i < 20; i++)
      await connection.request({ ...pods, query: { a: ['1', '2'], b: undefined, c: true } });
    expect(server.connections).toBeLessThan(5);
    expect(server.requests[0]?.headers.authorization).toBe('Bearer canary-token');
    expect(server.requests[0]?.url.search).toBe('?a=1&a=2&c=true');
    expect(connection.health()).toMatchObject({
      circuit: 'CLOSED',
      lastError: null,
      lastSeenAt: expect.any(Date),
    });
  });

  it('verifies the server certificate against the registered authority, and never goes on without', async () => {
    const server = await serve((_request, response) => sendJson(response, 200, { ok: 1 }), { tls: true });
    const trusting = (ca: string | null, tlsServerName: string | null = null) =>
      connect(server.origin, {
        credentials: { ...tokenFor(server.origin), caCertificate: ca, tlsServerName },
      }).request(pods);
    await expect(trusting(caCertificate)).resolves.toEqual({ ok: 1 });
    await expect(trusting(caCertificate, 'kube.test')).resolves.toEqual({ ok: 1 });
    await expect(trusting(caCertificate, 'else.test')).rejects.toThrow(/has a certificate for another name/);
    await expect(trusting(otherCaCertificate)).rejects.toThrow(/of an authority that was not registered/);
    await expect(trusting(null)).rejects.toThrow(/of an authority that was not registered/);
    expect(server.requests).toHaveLength(2);
  });

  it('follows no redirect, on any kind of call (CL-11)', async () => {
    const target = await serve((_request, response) => sendJson(response, 200, {}));
    const server = await serve((_request, response) => {
      response.writeHead(302, { location: `${target.origin}/latest/meta-data` }).end();
    });
    const connection = connect(server.origin);
    await expect(connection.request(pods)).rejects.toThrow(/answered with a redirect, which is not followed/);
    await expect(connection.stream(pods)).rejects.toThrow(/answered with a redirect, which is not followed/);
    expect(target.connections).toBe(0);
  });

  it('sends a read again when the kept socket had just been closed, and never a write', async () => {
    let cuts = 1;
    const server = await serve((_request, response) => {
      if (cuts-- > 0) response.socket?.destroy();
      else sendJson(response, 200, { ok: true });
    });
    const connection = connect(server.origin);
    await expect(connection.request(pods)).resolves.toEqual({ ok: true });
    cuts = 1;
    await expect(connection.request({ ...pods, method: 'POST', body: {} })).rejects.toThrow(
      /broke the connection/,
    );
    expect(server.requests.map(({ method }) => method)).toEqual(['GET', 'GET', 'POST']);
  });

  it('caps what an answer may weigh', async () => {
    const server = await serve((_request, response) => sendJson(response, 200, { a: 'x'.repeat(3_000_000) }));
    const connection = connect(server.origin, { limits: { answerBytes: 1_000_000 } });
    await expect(connection.request(pods)).rejects.toBeInstanceOf(TooLargeError);
  });

  it('ends calls and streams with the reason when it is disposed of', async () => {
    const server = await serve((request, response) => {
      if (request.url.searchParams.has('watch')) response.write('{');
    });
    const connection = connect(server.origin);
    const call = failureOf(connection.request(pods));
    const stream = await connection.stream({ ...pods, query: { watch: true } });
    const read = failureOf(
      (async () => {
        for await (const _chunk of stream.chunks);
      })(),
    );
    await eventually(() => server.requests.length === 2);
    const reason = new NotFoundError('cluster', 'cluster_a');
    await connection.dispose(reason);
    expect([await call, await read]).toEqual([reason, reason]);
    await eventually(() => server.sockets.size === 0);
  });
});

describe('a cluster that does not answer', () => {
  it('costs its callers the deadline, its own socket, and nobody else anything (CL-2)', async () => {
    const silent = await serve(() => undefined);
    const well = await serve((_request, response) => sendJson(response, 200, { items: [] }));
    const limits = { calls: 4, queue: 200 };
    const stuck = connect(silent.origin, { limits: { ...limits, callDeadlineMs: 1_500 } });
    const other = connect(well.origin, { clusterId: 'cluster_b', limits });
    await other.request(pods);

    const watch = new Stopwatch();
    let failed = 0;
    const calls = Array.from({ length: 100 }, async () => {
      const failure = await failureOf(stuck.request(pods));
      failed += 1;
      return failure;
    });
    await other.request(pods);
    expect(failed).toBe(0);

    const sockets = [...silent.sockets];
    const failures = await Promise.all(calls);
    // One deadline for all; one after the other, four at a time, would take 37 seconds.
    expect(watch.seconds).toBeLessThan(10);
    expect(failures.every((error) => error instanceof TimeoutError)).toBe(true);
    expect(failures[0]?.message).toBe('Cluster "alpha" did not answer within 1.5 s.');
    expect(sockets.length).toBeLessThanOrEqual(4);
    await eventually(() => sockets.every((socket) => socket.destroyed));
  });

  it('is answered for at once after that, until it is tried again (CL-1)', async () => {
    const server = await serve(() => undefined);
    const connection = connect(server.origin, { limits: { callDeadlineMs: 200 } });
    await failureOf(connection.request(pods));
    const later = new Promise<string>((resolve) => setImmediate(resolve, 'later'));
    expect(await Promise.race([failureOf(connection.request(pods)), later])).toMatchObject({
      extensions: { code: 'CLUSTER_UNAVAILABLE', clusterId: 'cluster_a' },
    });
    expect(server.requests.length).toBeLessThanOrEqual(1);
    expect(connection.health()).toMatchObject({ circuit: 'OPEN', lastError: { code: 'TIMEOUT' } });
  });

  it('is known as such when a stream cannot be opened in time, too', async () => {
    const server = await serve(() => undefined);
    const connection = connect(server.origin, { limits: { streamOpenDeadlineMs: 200 } });
    await expect(connection.stream(pods)).rejects.toBeInstanceOf(TimeoutError);
    expect(connection.health()).toMatchObject({ circuit: 'OPEN', lastSeenAt: null });
    await expect(connection.stream(pods)).rejects.toThrow(
      'Cluster "alpha" did not answer within 0.2 s. Meridian asks it again within a minute.',
    );
    await eventually(() => server.sockets.size === 0);
  });

  it('refusing connections, leaves the other clusters of a list alone (CL-1)', async () => {
    const gone = await FakeApiServer.start();
    const { origin } = gone;
    await gone.close();
    const servers = [await serve(), await serve()];
    for (const server of servers)
      server.handler = (_request, response) => sendJson(response, 200, { items: [] });
    const connections = [
      ...servers.map((server, i) => connect(server.origin, { clusterId: `cluster_${i}` })),
      connect(origin, { clusterId: 'cluster_gone' }),
    ];
    const watch = new Stopwatch();
    const outcomes = await Promise.allSettled(connections.map((connection) => connection.request(pods)));
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected']);
    expect((outcomes[2] as PromiseRejectedResult).reason).toMatchObject({
      message: 'Cluster "alpha" refuses connections.',
      extensions: { code: 'CLUSTER_UNAVAILABLE', clusterId: 'cluster_gone' },
    });
    expect(watch.seconds).toBeLessThan(2);
  });

  it('sends headers and half a body, and still meets the deadline', async () => {
    const server = await serve((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' }).write('{"items":[');
    });
    const connection = connect(server.origin, { limits: { callDeadlineMs: 500 } });
    await expect(connection.request(pods)).rejects.toBeInstanceOf(TimeoutError);
    await eventually(() => server.sockets.size === 0);
  });

  it('turns callers away when too many wait for it', async () => {
    const server = await serve(() => undefined);
    const connection = connect(server.origin, { limits: { calls: 1, queue: 1, callDeadlineMs: 300 } });
    const waiting = [failureOf(connection.request(pods)), failureOf(connection.request(pods))];
    await expect(connection.request(pods)).rejects.toBeInstanceOf(RateLimitedError);
    await Promise.all(waiting);
  });

  it('lets a caller leave early, and closes the socket', async () => {
    const server = await serve(() => undefined);
    const connection = connect(server.origin);
    const caller = new AbortController();
    const call = failureOf(connection.request({ ...pods, signal: caller.signal }));
    await eventually(() => server.requests.length === 1);
    const [socket] = server.sockets;
    caller.abort(new Error('left'));
    expect((await call).message).toBe('left');
    await eventually(() => socket?.destroyed);
    expect(connection.health()).toMatchObject({ circuit: 'CLOSED', lastError: null });
  });
});

describe('a refusal by the API server', () => {
  const pod = { method: 'GET', path: objectPath(resources.pods, { namespace: 'dev', name: 'web' }) } as const;
  const refusedWith = async (
    ...args: Parameters<typeof sendStatus> extends [unknown, ...infer Rest] ? Rest : never
  ) => {
    const server = await serve((_request, response) => sendStatus(response, ...args));
    return failureOf(connect(server.origin).request(pod));
  };

  it.each([
    [401, 'Unauthorized', 'Unauthorized', ClusterAuthFailedError, /refuses Meridian's credentials/],
    [404, 'NotFound', 'pods "web" not found', NotFoundError, /^pod "web" does not exist/],
    [409, 'AlreadyExists', 'pods "web" already exists', ConflictError, /The pod "web" exists already/],
    [
      409,
      'Conflict',
      'the object has been modified',
      ConflictError,
      /was changed by someone else: the object has/,
    ],
    [
      422,
      'Invalid',
      'spec.replicas: must be at least 0',
      ClusterRejectedError,
      /refused this: spec\.replicas/,
    ],
    [400, 'BadRequest', 'strict decoding error', ClusterRejectedError, /refused this: strict decoding error/],
    [
      403,
      'Forbidden',
      'admission webhook "policy" denied the request: no',
      ClusterRejectedError,
      /denied the request/,
    ],
    [
      403,
      'Forbidden',
      'pods "web" is forbidden: exceeded quota: q, requested: pods=1, used: pods=2, limited: pods=2',
      QuotaExceededError,
      /There is no room for this: exceeded quota: q, requested: pods=1, used: pods=2, limited: pods=2/,
    ],
    [
      403,
      'Forbidden',
      'pods "web" is forbidden: User "system:serviceaccount:kube-system:meridian" cannot get resource "pods" in API group ""',
      ClusterRejectedError,
      /does not let Meridian get pods: give its account that right/,
    ],
    [500, '', '.spec.foo: field not declared in schema', ClusterRejectedError, /field not declared/],
    [500, 'InternalError', 'boom', ClusterUnavailableError, /failed to answer \(HTTP 500\)/],
    [503, 'ServiceUnavailable', 'boom', ClusterUnavailableError, /failed to answer \(HTTP 503\)/],
  ])('%s %s (%s) becomes an error that names the remedy', async (code, reason, message, type, text) => {
    const error = await refusedWith(code, reason, message, { details: { name: 'web', kind: 'pods' } });
    expect(error).toBeInstanceOf(type);
    expect(error.message).toMatch(text);
    expect(statusOf(error)).toMatchObject({ code, reason, message });
    expect(error.message).not.toMatch(/serviceaccount|127\.0\.0\.1|canary/);
  });

  it('is a sign of life', async () => {
    const server = await serve((_request, response) => sendStatus(response, 404, 'NotFound', ''));
    const connection = connect(server.origin);
    for (let i = 0; i < 5; i++) await failureOf(connection.request(pod));
    expect(connection.health()).toMatchObject({
      circuit: 'CLOSED',
      lastSeenAt: expect.any(Date),
      lastError: null,
    });
  });

  it('says when to come back, and is not tried again by itself (CL-4)', async () => {
    const server = await serve((_request, response) =>
      sendStatus(response, 429, 'TooManyRequests', 'slow down', { headers: { 'retry-after': '7' } }),
    );
    const connection = connect(server.origin);
    await expect(connection.request({ ...pod, method: 'DELETE' })).rejects.toMatchObject({
      extensions: { code: 'RATE_LIMITED', retryAfterSeconds: 7 },
    });
    expect(server.requests).toHaveLength(1);
  });

  it('leaks no address of the cluster and nothing of a Secret', async () => {
    const webhook = await refusedWith(
      400,
      'BadRequest',
      'failed calling webhook: Post "https://hook.ns.svc:443/x?token=abc": dial tcp 10.1.2.3:443: refused',
    );
    expect(webhook.message).toContain(
      'failed calling webhook: Post "(address)": dial tcp (address): refused',
    );
    const secret = await refusedWith(422, 'Invalid', 'data.password: Invalid value: "hunter2"', {
      details: { kind: 'Secret', name: 'db' },
    });
    expect(secret.message).toBe('Cluster "alpha" refused this.');
  });

  it('in the form of a page of some proxy says nothing of it', async () => {
    const server = await serve((_request, response) => {
      response.writeHead(502, { 'content-type': 'text/html' }).end('<h1>nginx 10.0.0.7</h1>');
    });
    const error = await failureOf(connect(server.origin).request(pod));
    expect(error.message).toBe('Cluster "alpha" failed to answer (HTTP 502).');
    server.handler = (_request, response) => void response.writeHead(200).end('<h1>welcome</h1>');
    const success = await failureOf(connect(server.origin).request(pod));
    expect(success.message).toBe('Cluster "alpha" answered with something that is not JSON.');
  });
});
