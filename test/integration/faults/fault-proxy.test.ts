import { once } from 'node:events';
import { get as getHttp, type IncomingMessage } from 'node:http';
import { get as getHttps } from 'node:https';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { caCertificate, serverCertificate, serverKey } from '../../kit/certificates.js';
import { FakeApiServer } from '../../kit/fake-api-server.js';
import { FaultProxy } from '../../kit/fault-proxy.js';
import {
  anExec,
  cutAfter,
  cutInLineAfter,
  delay,
  everything,
  flood,
  goneEvent,
  goneInStream,
  listOf,
  neverAnswer,
  redirectTo,
  rewrite,
  skewDate,
  tooManyRequests,
  watchOf,
} from '../../kit/fault-proxy-faults.js';
import { eventually } from '../../kit/wait.js';

let server: FakeApiServer;
let proxy: FaultProxy;
beforeEach(async () => {
  server = await FakeApiServer.start((request, response) => {
    if (!request.url.searchParams.has('watch')) return void response.end(`said ${request.body}`);
    for (let i = 0; i < 3; i++) response.write(`{"line":${i}}\n`);
  });
  proxy = await FaultProxy.start(server.origin);
});
afterEach(async () => {
  await proxy.dispose();
  await server.close();
});

const pods = '/api/v1/pods';
const ask = (path = pods, init: RequestInit = {}) =>
  fetch(`${proxy.url}${path}`, { redirect: 'manual', ...init });

/** What comes of a stream until it ends or breaks. */
async function read(path: string): Promise<{ text: string; broken: boolean; answer: IncomingMessage }> {
  const [answer] = (await once(getHttp(`${proxy.url}${path}`), 'response')) as [IncomingMessage];
  let text = '';
  try {
    for await (const chunk of answer) text += String(chunk);
    return { text, broken: false, answer };
  } catch {
    return { text, broken: true, answer };
  }
}

describe('the fault proxy', () => {
  it('lets everything through that no fault is meant for, and writes it down', async () => {
    proxy.inject(watchOf('pods'), neverAnswer);
    const answer = await ask(pods, { method: 'POST', body: 'hello', headers: { 'x-mine': '1' } });
    expect(await answer.text()).toBe('said hello');
    expect(server.requests[0]).toMatchObject({ method: 'POST', headers: { 'x-mine': '1' } });
    expect(proxy.seen()).toMatchObject([{ method: 'POST', status: 200, watch: false, upgrade: false }]);
    expect(proxy.seen(listOf('pods'))).toEqual([]);
  });

  it('answers itself: refusals, redirects, nothing for a while or nothing at all', async () => {
    proxy.inject(everything, neverAnswer);
    proxy.inject(everything, delay(50), 1);
    proxy.inject(everything, redirectTo('http://169.254.169.254/'), 1);
    proxy.inject(everything, tooManyRequests(7), 1);
    const refused = await ask();
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '7']);
    expect(await refused.json()).toMatchObject({ kind: 'Status', code: 429 });
    expect((await ask()).headers.get('location')).toBe('http://169.254.169.254/');
    expect(await (await ask()).text()).toBe('said ');
    await expect(ask(pods, { signal: AbortSignal.timeout(100) })).rejects.toThrow('timeout');
    await eventually(() => proxy.open(({ status }) => status === null).length === 0);
    proxy.heal();
    expect((await ask()).status).toBe(200);
    expect(proxy.intervals(everything)).toHaveLength(4);
  });

  it('cuts after so many bytes, and inside a line', async () => {
    proxy.inject(everything, cutAfter(4), 1);
    expect(await read(pods)).toMatchObject({ text: 'said', broken: true });
    proxy.inject(everything, cutInLineAfter(2), 1);
    const { text, broken } = await read(`${pods}?watch=true`);
    expect(text).toMatch(/^\{"line":0\}\n\{"line":1\}\n\{"li/);
    expect(text).not.toContain('2}\n');
    expect(broken).toBe(true);
  });

  it('changes headers and text, and puts lines into streams', async () => {
    proxy.inject(everything, goneInStream, 1);
    expect((await read(`${pods}?watch=true`)).text).toBe(goneEvent);
    proxy.inject(everything, skewDate(3_600_000), 1);
    const { answer } = await read(pods);
    expect(Date.parse(answer.headers.date ?? '') - Date.now()).toBeGreaterThan(3_500_000);
    proxy.inject(
      everything,
      rewrite((text) => text.toUpperCase()),
      1,
    );
    expect((await read(pods)).text).toBe('SAID ');
    const reading = read(`${pods}?watch=true`);
    await eventually(() => proxy.open(watchOf('pods'))[0]?.status);
    for (const exchange of proxy.open()) exchange.cut();
    expect((await reading).broken).toBe(true);
  });

  it('keeps a half-open connection silent, also when the other side is gone', async () => {
    let speak: (text: string) => void = () => undefined;
    server.handler = (_request, response) => {
      speak = (text) => void response.write(text);
      speak('first');
    };
    const heard: string[] = [];
    const request = getHttp(`${proxy.url}${pods}?watch=true`);
    const [answer] = (await once(request, 'response')) as [IncomingMessage];
    answer.on('data', (chunk) => heard.push(String(chunk)));
    await eventually(() => heard.length === 1);
    for (const exchange of proxy.open()) exchange.goHalfOpen();
    speak('second');
    server.cut();
    // A byte of the proxy's own comes after all that would have been passed on.
    await eventually(() => server.sockets.size === 0);
    for (const exchange of proxy.open()) exchange.write('last');
    await eventually(() => heard.length === 2);
    expect(heard).toEqual(['first', 'last']);
    request.destroy();
    await eventually(() => proxy.open().length === 0);
  });

  it('refuses connections and accepts them again at the same address', async () => {
    const { url } = proxy;
    const watch = await ask(`${pods}?watch=true`);
    await proxy.refuseConnections();
    await expect(watch.text()).rejects.toThrow();
    await expect(ask()).rejects.toThrow();
    await proxy.acceptConnections();
    expect(proxy.url).toBe(url);
    expect((await ask()).status).toBe(200);
  });

  it('lets WebSockets through, cuts them, silences them and refuses them', async () => {
    server.onExec = (socket) => socket.on('message', (data) => socket.send(data, { binary: true }));
    const open = () => new WebSocket(proxy.url.replace('http', 'ws'), ['v5.channel.k8s.io']);
    const socket = open();
    await once(socket, 'open');
    socket.send(Buffer.from('echo'));
    const [echo] = (await once(socket, 'message')) as [Buffer];
    expect(echo.toString()).toBe('echo');
    for (const exchange of proxy.open(anExec)) exchange.goHalfOpen();
    let heard = 0;
    socket.on('message', () => heard++);
    socket.send(Buffer.from('into the void'));
    proxy.inject(anExec, redirectTo('http://169.254.169.254/'), 1);
    const [, response] = (await once(open(), 'unexpected-response')) as [unknown, IncomingMessage];
    expect(response.statusCode).toBe(302);
    expect(heard).toBe(0);
    for (const exchange of proxy.open(anExec)) exchange.cut();
    await once(socket, 'close');
  });

  it('pours without end, and only as fast as it is read', async () => {
    proxy.inject(everything, flood);
    const answer = await ask();
    const reader = answer.body?.getReader();
    let bytes = 0;
    while (bytes < 30_000_000) bytes += (await reader?.read())?.value?.byteLength ?? 0;
    await reader?.cancel();
    await eventually(() => proxy.open().length === 0);
  });

  it('speaks TLS with the certificate of the moment', async () => {
    const secure = await FaultProxy.start(server.origin, { cert: serverCertificate, key: serverKey });
    try {
      const [answer] = (await once(getHttps(secure.url, { ca: caCertificate }), 'response')) as [
        IncomingMessage,
      ];
      expect(answer.statusCode).toBe(200);
      answer.resume();
    } finally {
      await secure.dispose();
    }
  });
});
