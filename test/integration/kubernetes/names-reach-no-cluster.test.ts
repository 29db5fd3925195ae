import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BadUserInputError } from '../../../subgraphs/shared/errors.js';
import { applyObject, deleteObject } from '../../../subgraphs/shared/kubernetes/apply.js';
import type { ApiServerConnection } from '../../../subgraphs/shared/kubernetes/connection.js';
import { openExec } from '../../../subgraphs/shared/kubernetes/exec-socket.js';
import { followLog } from '../../../subgraphs/shared/kubernetes/log-stream.js';
import {
  createObject,
  findObject,
  getObject,
  listObjects,
  mergePatchObject,
} from '../../../subgraphs/shared/kubernetes/objects.js';
import { resources } from '../../../subgraphs/shared/kubernetes/resources.js';
import { connectTo, ended, FakeApiServer, sendJson } from '../../kit/fake-api-server.js';
import { hostileNames } from '../../kit/hostile-names.js';

let server: FakeApiServer;
let connection: ApiServerConnection;
beforeAll(async () => {
  server = await FakeApiServer.start((_request, response) => sendJson(response, 200, {}));
  connection = connectTo(server.origin);
});
afterAll(async () => {
  await connection.dispose(ended);
  await server.close();
});

const { pods, namespaces } = resources;
const container = { namespace: 'dev', pod: 'web', container: 'app' };
const readLog = async (options: object) => {
  for await (const _batch of followLog(connection, { ...container, follow: true, ...options }));
};
const runCommand = (options: object) =>
  openExec(connection, {
    ...container,
    command: ['sh'],
    tty: true,
    stdin: true,
    onOutput: () => undefined,
    ...options,
  });
const pod = (metadata: object) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { namespace: 'dev', name: 'web', ...metadata },
});

/** Every operation of the room × every name that it takes. */
const operations: Record<string, (name: string) => Promise<unknown>> = {
  'get, name': async (name) => getObject(connection, pods, { namespace: 'dev', name }),
  'get, namespace': async (namespace) => getObject(connection, pods, { namespace, name: 'web' }),
  'get of a namespace, name': async (name) => getObject(connection, namespaces, { name }),
  'find, name': async (name) => findObject(connection, pods, { namespace: 'dev', name }),
  'list, namespace': async (namespace) => listObjects(connection, pods, { namespace }),
  'create, name': async (name) => createObject(connection, pods, pod({ name })),
  'create, namespace': async (namespace) => createObject(connection, pods, pod({ namespace })),
  'patch, name': async (name) => mergePatchObject(connection, pods, { namespace: 'dev', name }, {}),
  'patch, subresource': async (subresource) =>
    mergePatchObject(connection, pods, { namespace: 'dev', name: 'web' }, {}, { subresource }),
  'apply, name': async (name) => applyObject(connection, pod({ name })),
  'apply, namespace': async (namespace) => applyObject(connection, pod({ namespace })),
  'apply, kind': async (kind) => applyObject(connection, { ...pod({}), kind }),
  'delete, name': async (name) => deleteObject(connection, pods, { namespace: 'dev', name }),
  'delete, namespace': async (namespace) => deleteObject(connection, pods, { namespace, name: 'web' }),
  'log, pod': (name) => readLog({ pod: name }),
  'log, namespace': (namespace) => readLog({ namespace }),
  'log, container': (name) => readLog({ container: name }),
  'exec, pod': (name) => runCommand({ pod: name }),
  'exec, namespace': (namespace) => runCommand({ namespace }),
  'exec, container': (name) => runCommand({ container: name }),
};

describe('a hostile name (IN-5)', () => {
  it.each(Object.entries(operations))(
    'given to %s is refused and no request is sent',
    async (_what, operate) => {
      for (const name of hostileNames) {
        await expect(operate(name)).rejects.toBeInstanceOf(BadUserInputError);
      }
      expect(server.requests).toEqual([]);
      expect(server.connections).toBe(0);
    },
  );
});
