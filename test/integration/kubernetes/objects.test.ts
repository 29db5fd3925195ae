import { afterEach, describe, expect, it } from 'vitest';
import { ConflictError, NotFoundError } from '../../../subgraphs/shared/errors.js';
import { applyObject, deleteObject } from '../../../subgraphs/shared/kubernetes/apply.js';
import { Connections, type CredentialsSource } from '../../../subgraphs/shared/kubernetes/connections.js';
import {
  createObject,
  findObject,
  listObjects,
  mergePatchObject,
} from '../../../subgraphs/shared/kubernetes/objects.js';
import { type Deployment, resources } from '../../../subgraphs/shared/kubernetes/resources.js';
import {
  connectTo,
  ended,
  FakeApiServer,
  type FakeHandler,
  noActors,
  policyFor,
  sendJson,
  sendStatus,
  silentLogger,
  tokenFor,
} from '../../kit/fake-api-server.js';
import { FakeCollection } from '../../kit/fake-collection.js';
import { eventually } from '../../kit/wait.js';

const stack: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const dispose of stack.splice(0).reverse()) await dispose();
});
async function cluster(handler: FakeHandler) {
  const server = await FakeApiServer.start(handler);
  const connection = connectTo(server.origin);
  stack.push(
    () => server.close(),
    () => connection.dispose(ended),
  );
  return { server, connection };
}
const echo: FakeHandler = (request, response) => sendJson(response, 200, JSON.parse(request.body || '{}'));

describe('objects of a cluster', () => {
  it('are applied under the field manager meridian, by force only when told so', async () => {
    const { server, connection } = await cluster(echo);
    const deployment: Deployment = {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'web', namespace: 'dev' },
    };
    await expect(applyObject(connection, deployment)).resolves.toEqual(deployment);
    await applyObject(connection, deployment, { force: true, dryRun: true });
    const [first, second] = server.requests;
    expect(first).toMatchObject({ method: 'PATCH', body: JSON.stringify(deployment) });
    expect(first?.headers['content-type']).toBe('application/apply-patch+yaml');
    expect(first?.url.pathname).toBe('/apis/apps/v1/namespaces/dev/deployments/web');
    expect(first?.url.search).toBe('?fieldManager=meridian&force=false');
    expect(second?.url.search).toBe('?fieldManager=meridian&force=true&dryRun=All');
  });

  it('belonging to another manager are a conflict', async () => {
    const message = 'Apply failed with 1 conflict: conflict with "kubectl" using apps/v1: .spec.replicas';
    const { connection } = await cluster((_request, response) =>
      sendStatus(response, 409, 'Conflict', message),
    );
    const apply = applyObject(connection, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'dev' } });
    await expect(apply).rejects.toBeInstanceOf(ConflictError);
    await expect(apply).rejects.toThrow(/conflict with "kubectl" using apps\/v1: \.spec\.replicas/);
  });

  it('are deleted once, and only with the uid that was meant', async () => {
    let there = true;
    const { server, connection } = await cluster((_request, response) => {
      if (there) sendJson(response, 200, { kind: 'Status', status: 'Success' });
      else
        sendStatus(response, 404, 'NotFound', 'pods "web" not found', {
          details: { name: 'web', kind: 'pods' },
        });
      there = false;
    });
    const reference = { namespace: 'dev', name: 'web' };
    expect(
      await deleteObject(connection, resources.pods, reference, { uid: 'u1', gracePeriodSeconds: 0 }),
    ).toBe(true);
    expect(await deleteObject(connection, resources.pods, reference)).toBe(false);
    expect(JSON.parse(server.requests[0]?.body ?? '')).toMatchObject({
      kind: 'DeleteOptions',
      propagationPolicy: 'Background',
      gracePeriodSeconds: 0,
      preconditions: { uid: 'u1' },
    });
  });

  it('are created and patched with their kind', async () => {
    const { server, connection } = await cluster(echo);
    await createObject(connection, resources.configMaps, {
      metadata: { name: 'a', namespace: 'dev' },
      data: { k: 'v' },
    });
    await mergePatchObject(
      connection,
      resources.deployments,
      { namespace: 'dev', name: 'web' },
      { spec: { replicas: 3 } },
      { subresource: 'scale' },
    );
    const [create, patch] = server.requests;
    expect(create?.url.pathname).toBe('/api/v1/namespaces/dev/configmaps');
    expect(JSON.parse(create?.body ?? '')).toMatchObject({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      data: { k: 'v' },
    });
    expect(patch?.url.pathname).toBe('/apis/apps/v1/namespaces/dev/deployments/web/scale');
    expect(patch?.headers['content-type']).toBe('application/merge-patch+json');
  });

  it('are listed to the last page, and an empty list may be null', async () => {
    const collection = new FakeCollection();
    collection.pageSize = 2;
    for (const name of ['a', 'b', 'c']) collection.put(name, {});
    const { server, connection } = await cluster(collection.handler);
    const { items, resourceVersion } = await listObjects(connection, resources.configMaps, {
      labelSelector: 'app=x',
    });
    expect(items.map(({ metadata }) => metadata?.name)).toEqual(['a', 'b', 'c']);
    expect(resourceVersion).toBe('103');
    server.handler = (_request, response) =>
      sendJson(response, 200, { metadata: { resourceVersion: '1' }, items: null });
    await expect(listObjects(connection, resources.pods)).resolves.toEqual({
      items: [],
      resourceVersion: '1',
    });
    server.handler = (_request, response) => sendJson(response, 200, { hello: 1 });
    await expect(listObjects(connection, resources.pods)).rejects.toThrow(
      /answered a list with something else/,
    );
  });

  it('that are not there are undefined, while other refusals are errors', async () => {
    const { server, connection } = await cluster((_request, response) =>
      sendStatus(response, 404, 'NotFound', '', { details: { name: 'x', kind: 'pods' } }),
    );
    const reference = { namespace: 'dev', name: 'x' };
    expect(await findObject(connection, resources.pods, reference)).toBeUndefined();
    server.handler = (_request, response) => sendStatus(response, 503, 'ServiceUnavailable', '');
    await expect(findObject(connection, resources.pods, reference)).rejects.toThrow(/HTTP 503/);
    await expect(findObject(connection, resources.nodes, reference)).rejects.toThrow(
      /leave the namespace out/,
    );
    await expect(findObject(connection, resources.pods, { name: 'x' })).rejects.toThrow(
      /lives in a namespace/,
    );
  });
});

describe('the connections of a process', () => {
  it('are one for each cluster, made anew after a drop', async () => {
    const server = await FakeApiServer.start((_request, response) => sendJson(response, 200, {}));
    stack.push(() => server.close());
    let found: Awaited<ReturnType<CredentialsSource['find']>> = {
      clusterName: 'alpha',
      credentials: tokenFor(server.origin),
    };
    let asked = 0;
    const connections = new Connections({
      actors: noActors,
      source: {
        find: async () => {
          asked++;
          return found;
        },
      },
      addressPolicy: policyFor(server.origin),
      logger: silentLogger,
    });
    const dropped: string[] = [];
    connections.onDropped((clusterId, reason) => dropped.push(`${clusterId} ${reason}`));

    const [first, again] = await Promise.all([connections.get('cluster_a'), connections.get('cluster_a')]);
    expect(again).toBe(first);
    expect(asked).toBe(1);
    await connections.drop('cluster_a', 'CREDENTIALS_CHANGED');
    expect(first.closed.aborted).toBe(true);
    const second = await connections.get('cluster_a');
    expect(second).not.toBe(first);

    found = undefined;
    await connections.drop('cluster_a', 'REMOVED');
    expect(second.closed.reason).toBeInstanceOf(NotFoundError);
    await expect(connections.get('cluster_a')).rejects.toBeInstanceOf(NotFoundError);
    expect(dropped).toEqual(['cluster_a CREDENTIALS_CHANGED', 'cluster_a REMOVED']);
    await connections.dispose();
    await expect(connections.get('cluster_b')).rejects.toThrow(/Meridian is stopping/);
    await eventually(() => server.sockets.size === 0);
  });
});
