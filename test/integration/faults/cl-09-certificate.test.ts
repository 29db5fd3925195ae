import { afterEach, describe, expect, it } from 'vitest';
import { openExec } from '../../../subgraphs/shared/kubernetes/exec-socket.js';
import { collectionPath, resources } from '../../../subgraphs/shared/kubernetes/resources.js';
import { makeAuthority } from '../../kit/authority.js';
import { connectTo, ended, FakeApiServer, tokenFor } from '../../kit/fake-api-server.js';
import { FaultProxy } from '../../kit/fault-proxy.js';
import { eventually } from '../../kit/wait.js';

const stack: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const dispose of stack.splice(0).reverse()) await dispose();
});

const pods = { method: 'GET', path: collectionPath(resources.pods, 'dev') } as const;

// Registering with such certificates is tested in test/integration/clusters/registration-tls.test.ts.
describe('a certificate that turns bad while its cluster is in use (CL-9)', () => {
  it.each([
    ['another authority’s', /authority that was not registered/],
    ['another name’s', /certificate for another name/],
    ['expired', /expired certificate/],
  ])('%s: calls, streams and sessions fail with why, and nothing is sent', async (what, why) => {
    const [authority, other] = await Promise.all([makeAuthority(), makeAuthority()]);
    const server = await FakeApiServer.start((_request, response) => void response.end('{}'));
    server.onExec = () => undefined;
    const good = await authority.issue();
    const bad = await (what === 'expired'
      ? authority.issue({ fromDays: -9, toDays: -2 })
      : what === 'another name’s'
        ? authority.issue({ names: ['kube.elsewhere'] })
        : other.issue());
    const proxy = await FaultProxy.start(server.origin, good);
    const connection = connectTo(proxy.url, {
      credentials: { ...tokenFor(proxy.url), caCertificate: authority.certificate },
    });
    stack.push(
      () => server.close(),
      () => proxy.dispose(),
      () => connection.dispose(ended),
    );
    const exec = () =>
      openExec(connection, {
        namespace: 'dev',
        pod: 'web-1',
        container: 'app',
        command: ['sh'],
        tty: false,
        stdin: true,
        onOutput: () => undefined,
      });
    await expect(connection.request(pods)).resolves.toEqual({});

    proxy.useCertificate(bad);
    for (const socket of proxy.sockets) socket.destroy();
    const sent = proxy.exchanges.length;
    for (const attempt of [() => connection.request(pods), () => connection.stream(pods), exec]) {
      await expect(attempt()).rejects.toMatchObject({
        code: 'CLUSTER_UNAVAILABLE',
        message: expect.stringMatching(why),
      });
    }
    expect(proxy.exchanges).toHaveLength(sent);
    expect(connection.health().lastError?.message).toMatch(why);
    await eventually(() => proxy.sockets.size === 0);
  });
});
