import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Sandbox, startSandbox } from '../../../sandbox/sandbox.js';
import { ConflictError, NotFoundError, QuotaExceededError } from '../../../subgraphs/shared/errors.js';
import { serverPath } from '../../../subgraphs/shared/kubernetes/api-path.js';
import { applyObject, deleteObject } from '../../../subgraphs/shared/kubernetes/apply.js';
import type { KubernetesConnection } from '../../../subgraphs/shared/kubernetes/connection.js';
import { Connections } from '../../../subgraphs/shared/kubernetes/connections.js';
import { isNotStarted } from '../../../subgraphs/shared/kubernetes/container-errors.js';
import {
  type ExecOutput,
  type OpenExecOptions,
  openExec,
} from '../../../subgraphs/shared/kubernetes/exec-socket.js';
import type { InformerEvent } from '../../../subgraphs/shared/kubernetes/informer.js';
import { Informers } from '../../../subgraphs/shared/kubernetes/informers.js';
import { readKubeconfig } from '../../../subgraphs/shared/kubernetes/kubeconfig.js';
import { followLog } from '../../../subgraphs/shared/kubernetes/log-stream.js';
import {
  createObject,
  findObject,
  getObject,
  listObjects,
} from '../../../subgraphs/shared/kubernetes/objects.js';
import { type Deployment, type Pod, resources } from '../../../subgraphs/shared/kubernetes/resources.js';
import { noActors, policyFor, silentLogger } from '../../kit/fake-api-server.js';
import { eventually } from '../../kit/wait.js';

const labels = { app: 'web' };
const web = (replicas: number, image = 'nginx:1.27'): Deployment => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', namespace: 'dev', labels },
  spec: {
    replicas,
    selector: { matchLabels: labels },
    template: { metadata: { labels }, spec: { containers: [{ name: 'app', image }] } },
  },
});
const isReady = (pod: Pod) =>
  pod.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True');

let sandbox: Sandbox;
let connections: Connections;
let informers: Informers;
let connection: KubernetesConnection;
beforeAll(async () => {
  sandbox = await startSandbox({ name: 'north', seed: 1, pace: 0.02 });
  const policy = policyFor(sandbox.url);
  const credentials = readKubeconfig(sandbox.kubeconfig, policy, ['kubeconfig']);
  connections = new Connections({
    actors: noActors,
    source: { find: async () => ({ clusterName: 'north', credentials }) },
    addressPolicy: policy,
    logger: silentLogger,
  });
  informers = new Informers({ connections, logger: silentLogger });
  connection = await connections.get('cluster_north');
  await applyObject(connection, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'dev' } });
});
afterAll(async () => {
  await informers?.dispose();
  await connections?.dispose();
  await sandbox?.dispose();
});

describe('a cluster that behaves', () => {
  it('says its version', async () => {
    const version = await connection.request<{ gitVersion: string }>({
      method: 'GET',
      path: serverPath('/version'),
    });
    expect(version.gitVersion).toBe('v1.36.2');
  });

  it('has its pods followed by an informer through a deployment, a forgotten history and a removal', async () => {
    const lease = informers.acquire({
      clusterId: 'cluster_north',
      resource: resources.pods,
      labelSelector: 'app=web',
      indexes: { node: (pod) => [pod.spec?.nodeName ?? ''] },
    });
    const { informer } = lease;
    const events: InformerEvent<Pod>[] = [];
    informer.subscribe((event) => events.push(event));
    await informer.synced();
    expect(informer.list()).toEqual([]);
    // Streamed, not listed.
    const asked = (what: RegExp) => sandbox.requests.count(({ path }) => what.test(path));
    expect(asked(/\/pods\?.*sendInitialEvents=true/)).toBe(1);
    expect(asked(/\/pods\?limit=/)).toBe(0);

    const applied = await applyObject(connection, web(3));
    expect(applied.metadata?.uid).toBeDefined();
    await eventually(() => informer.list().filter(isReady).length === 3);
    const [pod] = informer.list();
    expect(informer.listBy('node', pod?.spec?.nodeName ?? '')).toContain(pod);
    expect(pod?.metadata).not.toHaveProperty('managedFields');

    sandbox.compact();
    await applyObject(connection, web(1));
    await eventually(() => informer.list().length === 1);
    expect(events.filter(({ type }) => type === 'DELETED')).toHaveLength(2);
    const fresh = await listObjects(connection, resources.pods, {
      namespace: 'dev',
      labelSelector: 'app=web',
    });
    expect(informer.list().map(({ metadata }) => metadata?.resourceVersion)).toEqual(
      fresh.items.map(({ metadata }) => metadata?.resourceVersion),
    );
    lease.release();
  });

  it('refuses in ways that become errors of ours', async () => {
    const map = { metadata: { name: 'settings', namespace: 'dev' }, data: { a: '1' } };
    await createObject(connection, resources.configMaps, map);
    await expect(createObject(connection, resources.configMaps, map)).rejects.toBeInstanceOf(ConflictError);
    await expect(
      getObject(connection, resources.configMaps, { namespace: 'dev', name: 'absent' }),
    ).rejects.toMatchObject({ message: 'configmap "absent" does not exist, or you may not see it.' });
    await expect(
      createObject(connection, resources.configMaps, { metadata: { name: 'a', namespace: 'nowhere' } }),
    ).rejects.toBeInstanceOf(NotFoundError);
    await applyObject(connection, {
      apiVersion: 'v1',
      kind: 'ResourceQuota',
      metadata: { name: 'none', namespace: 'dev' },
      spec: { hard: { 'count/secrets': '0' } },
    } as object);
    await expect(
      createObject(connection, resources.secrets, { metadata: { name: 's', namespace: 'dev' } }),
    ).rejects.toBeInstanceOf(QuotaExceededError);
    const dryRun = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'dry', namespace: 'dev' } };
    await applyObject(connection, dryRun, { dryRun: true });
    expect(
      await findObject(connection, resources.configMaps, { namespace: 'dev', name: 'dry' }),
    ).toBeUndefined();
    expect(await deleteObject(connection, resources.configMaps, { namespace: 'dev', name: 'settings' })).toBe(
      true,
    );
    expect(await deleteObject(connection, resources.configMaps, { namespace: 'dev', name: 'settings' })).toBe(
      false,
    );
  });

  it('gives the log of a container, and says when it has not started', async () => {
    const name = await readyPod();
    const reader = new AbortController();
    const options = { namespace: 'dev', pod: name, container: 'app', follow: true, signal: reader.signal };
    const log = followLog(connection, options);
    const first = await log.next();
    const [line] = first.value ?? [];
    expect(line?.time).toMatch(/^\d{4}-\d{2}-\d{2}T.*\.\d{9}Z$/);
    expect(line?.text.length).toBeGreaterThan(0);
    reader.abort(new Error('left'));
    await expect(log.next().then(async (next) => (next.done ? next : log.next()))).rejects.toThrow('left');

    const none = followLog(connection, { ...options, signal: undefined, follow: false, previous: true });
    await expect(none.next()).rejects.toBeInstanceOf(NotFoundError);
    await applyObject(connection, {
      ...web(1, 'does-not-exist:1'),
      metadata: { name: 'broken', namespace: 'dev' },
      spec: {
        replicas: 1,
        selector: { matchLabels: { app: 'broken' } },
        template: {
          metadata: { labels: { app: 'broken' } },
          spec: { containers: [{ name: 'app', image: 'does-not-exist:1' }] },
        },
      },
    });
    const broken = await eventually(async () => {
      const { items } = await listObjects(connection, resources.pods, {
        namespace: 'dev',
        labelSelector: 'app=broken',
      });
      return items.find(({ spec }) => spec?.nodeName);
    });
    const waiting = followLog(connection, {
      ...options,
      signal: undefined,
      pod: broken.metadata?.name ?? '',
    });
    expect(isNotStarted(await waiting.next().catch((error: unknown) => error))).toBe(true);
  });

  it('runs commands, with exit codes, and a terminal that knows its size', async () => {
    const pod = await readyPod();
    const output: ExecOutput[] = [];
    const open = (options: Partial<OpenExecOptions>) =>
      openExec(connection, {
        namespace: 'dev',
        pod,
        container: 'app',
        command: ['sh'],
        tty: false,
        stdin: false,
        onOutput: (chunk) => output.push(chunk),
        ...options,
      });
    const textOf = (stream: string) =>
      Buffer.concat(output.filter((chunk) => chunk.stream === stream).map(({ bytes }) => bytes)).toString();

    const command = await open({ command: ['sh', '-c', 'echo out; echo err >&2; exit 7'] });
    expect(await command.ended).toMatchObject({ exitCode: 7, error: null });
    expect([textOf('STDOUT'), textOf('STDERR')]).toEqual(['out\n', 'err\n']);

    output.length = 0;
    const input = await open({ command: ['cat'], stdin: true });
    await input.write(Buffer.from('grüße\n'));
    input.closeInput();
    expect(await input.ended).toMatchObject({ exitCode: 0 });
    expect(textOf('STDOUT')).toBe('grüße\n');

    output.length = 0;
    const shell = await open({ tty: true, stdin: true, columns: 100, rows: 30 });
    await eventually(() => textOf('STDOUT').length > 0);
    await eventually(async () => {
      await shell.write(Buffer.from('stty size\n'));
      await new Promise((resolve) => setTimeout(resolve, 100));
      return textOf('STDOUT').includes('30 100');
    });
    const end = await shell.close();
    expect(end.error).toBeNull();
    expect(end.exitCode).not.toBeNull();

    const missing = await open({ command: ['nosuchcommand'] });
    expect(await missing.ended).toMatchObject({ reason: '"nosuchcommand" was not found in the container' });
    await expect(open({ container: 'nope' })).rejects.toBeInstanceOf(NotFoundError);
  });
});

async function readyPod(): Promise<string> {
  await applyObject(connection, web(1));
  const pod = await eventually(async () => {
    const { items } = await listObjects(connection, resources.pods, {
      namespace: 'dev',
      labelSelector: 'app=web',
    });
    return items.find((item) => isReady(item) && !item.metadata?.deletionTimestamp);
  });
  return pod.metadata?.name ?? '';
}
