import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Sandbox, startSandbox } from '../../sandbox/sandbox.js';

/** kubectl is a program of its own: without it on the PATH there is nothing to try. */
const isInstalled = spawnSync('kubectl', ['version', '--client'], { timeout: 30_000 }).status === 0;

const MANIFEST = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: app, namespace: shop, labels: {app: app}}
spec:
  replicas: 2
  selector: {matchLabels: {app: app}}
  template:
    metadata: {labels: {app: app}}
    spec:
      containers:
      - name: main
        image: nginx:1.27
        env: [{name: MODE, value: fast}]
        resources: {requests: {cpu: 100m, memory: 64Mi}}
---
apiVersion: v1
kind: Service
metadata: {name: app, namespace: shop}
spec: {selector: {app: app}, ports: [{port: 80, targetPort: 80}]}
`;

interface Result {
  readonly code: number;
  readonly out: string;
}

describe.skipIf(!isInstalled)('kubectl (skipped where it is not on the PATH)', () => {
  let sandbox: Sandbox;
  let folder: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'sandbox-kubectl-'));
    sandbox = await startSandbox({ name: 'demo', seed: 1, nodes: 3, pace: 0.02, tls: true });
    writeFileSync(join(folder, 'config'), sandbox.kubeconfig, { mode: 0o600 });
    writeFileSync(join(folder, 'certificate'), sandbox.certificateKubeconfig ?? '', { mode: 0o600 });
    writeFileSync(join(folder, 'app.yaml'), MANIFEST);
    await succeed('create', 'namespace', 'shop');
    await succeed('apply', '-f', join(folder, 'app.yaml'));
    await succeed('-n', 'shop', 'rollout', 'status', 'deployment/app', '--timeout=60s');
  });

  afterAll(async () => {
    await sandbox?.dispose();
    rmSync(folder, { recursive: true, force: true });
  });

  const run = (args: readonly string[], config = 'config', input?: string): Promise<Result> =>
    new Promise((resolve) => {
      const child = execFile(
        'kubectl',
        ['--kubeconfig', join(folder, config), '--cache-dir', join(folder, 'cache'), ...args],
        { env: { ...process.env, HOME: folder, KUBECONFIG: '' }, timeout: 90_000 },
        (error, out, errors) => resolve({ code: error ? Number(error.code ?? 1) : 0, out: out + errors }),
      );
      child.stdin?.end(input ?? '');
    });

  const succeed = async (...args: string[]): Promise<string> => {
    const { code, out } = await run(args);
    expect(code, `kubectl ${args.join(' ')}: ${out}`).toBe(0);
    return out;
  };

  test('trusts the certificate of the server, and is known by its own', async () => {
    expect(await succeed('get', 'nodes')).toMatch(/node-3\s+Ready/);
    const { code, out } = await run(['get', 'pods', '-n', 'shop'], 'certificate');
    expect({ code, out }).toMatchObject({ code: 0, out: expect.stringMatching(/1\/1\s+Running/) });
  });

  test('lists, selects, sorts, pages and prints in every form', async () => {
    expect(await succeed('get', 'deployments', '-n', 'shop')).toMatch(/app\s+2\/2\s+2\s+2/);
    expect(await succeed('get', 'pods', '-A', '-o', 'wide')).toMatch(/10\.\d+\.\d+\.\d+\s+node-/);
    expect(await succeed('get', 'all', '-n', 'shop')).toContain('replicaset.apps/app-');
    expect(await succeed('get', 'pods', '-n', 'shop', '-l', 'app=other')).toContain('No resources found');
    const names = ['get', 'pods', '-n', 'shop', '-o', 'name'];
    expect(
      (await succeed(...names, '--chunk-size=1', '--sort-by=.metadata.uid')).trim().split('\n'),
    ).toHaveLength(2);
    expect(
      (await succeed(...names, '--field-selector', 'status.phase=Running')).trim().split('\n'),
    ).toHaveLength(2);
    expect(await succeed('get', 'deployment', 'app', '-n', 'shop', '-o', 'jsonpath={.spec.replicas}')).toBe(
      '2',
    );
    expect(await succeed('get', 'service', 'app', '-n', 'shop', '-o', 'yaml')).toContain('clusterIP: 10.96.');
  });

  test('describes pods, nodes and deployments with their events', async () => {
    expect(await succeed('describe', 'deployment', 'app', '-n', 'shop')).toContain('ScalingReplicaSet');
    const pod = await succeed('describe', 'pod', '-n', 'shop', '-l', 'app=app');
    expect(pod).toContain('Successfully assigned shop/app-');
    expect(pod).toMatch(/QoS Class:\s+Burstable/);
    const node = await succeed('describe', 'node', 'node-1');
    expect(node).toMatch(/HolderIdentity:\s+node-1/);
    expect(node).toMatch(/Non-terminated Pods/);
  });

  test('creates objects of every kind that it can make by itself', async () => {
    const creations = [
      ['configmap', 'settings', '--from-literal=a=b'],
      ['secret', 'generic', 'key', '--from-literal=a=b'],
      ['quota', 'limits', '--hard=pods=50'],
      ['role', 'reader', '--verb=get,list', '--resource=pods'],
      ['rolebinding', 'readers', '--role=reader', '--serviceaccount=shop:robot'],
      ['serviceaccount', 'robot'],
      ['ingress', 'web', '--rule=a.example/*=app:80'],
      ['poddisruptionbudget', 'keep', '--selector=app=app', '--min-available=1'],
      ['deployment', 'second', '--image=nginx:1.27', '--replicas=1'],
    ];
    for (const creation of creations)
      expect(await succeed('-n', 'shop', 'create', ...creation)).toContain('created');
    expect(await succeed('-n', 'shop', 'get', 'secret', 'key', '-o', 'jsonpath={.data.a}')).toBe('Yg==');
    expect(await succeed('-n', 'shop', 'create', 'token', 'robot')).toMatch(/^\S{20,}/);
    expect(await succeed('-n', 'shop', 'expose', 'deployment', 'second', '--port=80')).toContain('exposed');
  });

  test('applies on both sides, shows differences and refuses unknown fields', async () => {
    expect(await succeed('apply', '-f', join(folder, 'app.yaml'))).toContain('deployment.apps/app unchanged');
    writeFileSync(join(folder, 'typo.yaml'), MANIFEST.replace('replicas:', 'replicsa:'));
    const refused = await run(['apply', '-f', join(folder, 'typo.yaml')]);
    expect(refused.code).toBe(1);
    expect(refused.out).toContain('unknown field "spec.replicsa"');
    writeFileSync(join(folder, 'changed.yaml'), MANIFEST.replace('value: fast', 'value: slow'));
    const difference = await run(['diff', '-f', join(folder, 'changed.yaml')]);
    expect(difference.out).toMatch(/-\s+value: fast\n\+\s+value: slow/);
    const conflict = await run(['apply', '--server-side', '-f', join(folder, 'changed.yaml')]);
    expect(conflict.out).toContain('conflict');
    expect(
      await succeed(
        'apply',
        '--server-side',
        '--force-conflicts',
        '--dry-run=server',
        '-f',
        join(folder, 'changed.yaml'),
      ),
    ).toContain('serverside-applied');
  });

  test('changes, scales and rolls back', async () => {
    const second = ['-n', 'shop', 'create', 'deployment', 'rolled', '--image=nginx:1.27', '--replicas=1'];
    await succeed(...second);
    const deployment = ['deployment/rolled'];
    const shop = (...args: string[]): Promise<string> => succeed('-n', 'shop', ...args);
    await shop('rollout', 'status', ...deployment, '--timeout=60s');
    await shop('set', 'image', ...deployment, 'nginx=nginx:1.28');
    await shop('rollout', 'status', ...deployment, '--timeout=60s');
    expect(await shop('rollout', 'history', ...deployment)).toMatch(/\n1\s+<none>\n2\s+<none>/);
    expect(await shop('rollout', 'undo', ...deployment)).toContain('rolled back');
    await shop('rollout', 'status', ...deployment, '--timeout=60s');
    expect(
      (await shop('get', 'replicasets', '-l', 'app=rolled', '-o', 'name')).trim().split('\n'),
    ).toHaveLength(2);
    for (const patch of [
      ['--type=strategic', '-p', '{"spec":{"replicas":2}}'],
      ['--type=merge', '-p', '{"metadata":{"labels":{"a":"b"}}}'],
      ['--type=json', '-p', '[{"op":"replace","path":"/spec/replicas","value":3}]'],
    ])
      expect(await shop('patch', ...deployment, ...patch)).toContain('patched');
    await shop('scale', ...deployment, '--replicas=1', '--current-replicas=3');
    await shop('autoscale', ...deployment, '--min=1', '--max=2', '--cpu-percent=80');
    expect(await shop('get', 'hpa', 'rolled')).toContain('Deployment/rolled');
    await shop('rollout', 'pause', ...deployment);
    await shop('rollout', 'resume', ...deployment);
    await shop('rollout', 'restart', ...deployment);
    await shop('label', ...deployment, 'tier=web');
    await shop('annotate', ...deployment, 'note=x');
    await shop('wait', '--for=condition=Available', ...deployment, '--timeout=60s');
    expect(await shop('get', ...deployment, '-o', 'jsonpath={.metadata.labels.tier}')).toBe('web');
  });

  test('shows logs, runs commands and says that ports cannot be forwarded', async () => {
    const logs = ['-n', 'shop', 'logs', 'deployment/app', '--tail=1'];
    expect(await succeed(...logs, '--timestamps')).toMatch(/\d{4}-\d\d-\d\dT/);
    expect(await succeed('-n', 'shop', 'exec', 'deployment/app', '--', 'printenv', 'MODE')).toBe('fast\n');
    const failed = await run(['-n', 'shop', 'exec', 'deployment/app', '--', 'sh', '-c', 'exit 3']);
    expect(failed).toMatchObject({ code: 3, out: expect.stringContaining('exit code 3') });
    const typed = await run(['-n', 'shop', 'exec', '-i', 'deployment/app', '--', 'cat'], 'config', 'typed\n');
    expect(typed.out).toBe('typed\n');
    const forward = await run(['-n', 'shop', 'port-forward', 'deployment/app', '0:80']);
    expect(forward.out).toContain('cannot forward ports');
  });

  test('measures nodes and pods', async () => {
    expect(await succeed('top', 'nodes')).toMatch(/node-1\s+\d+m\s+\d+%\s+\d+Mi\s+\d+%/);
    expect(await succeed('top', 'pods', '-n', 'shop')).toMatch(/app-\S+\s+\d+m\s+\d+Mi/);
  });

  test('explains fields and knows what it may do', async () => {
    const explained = await succeed('explain', 'deployment.spec.strategy');
    expect(explained).toContain('rollingUpdate');
    expect(explained).toContain('DeploymentStrategy describes how to replace existing pods');
    expect(await succeed('auth', 'can-i', 'delete', 'pods')).toBe('yes\n');
    const refused = await run(['auth', 'can-i', 'delete', 'pods', '--as=jane']);
    expect(refused).toMatchObject({ code: 1, out: expect.stringContaining('no') });
    expect(await succeed('auth', 'can-i', '--list', '--as=jane')).toContain('selfsubjectaccessreviews');
    expect(await succeed('api-resources')).toMatch(/deployments\s+deploy\s+apps\/v1\s+true\s+Deployment/);
    expect(await succeed('api-versions')).toContain('metrics.k8s.io/v1beta1');
  });

  test('takes a node out of use and back', async () => {
    await succeed('taint', 'node', 'node-3', 'a=b:NoSchedule');
    await succeed('taint', 'node', 'node-3', 'a-');
    expect(
      await succeed('drain', 'node-3', '--ignore-daemonsets', '--delete-emptydir-data', '--timeout=60s'),
    ).toContain('drained');
    expect(await succeed('get', 'node', 'node-3')).toContain('Ready,SchedulingDisabled');
    await succeed('uncordon', 'node-3');
  });

  test('deletes, and waits until it is gone', async () => {
    await succeed('create', 'namespace', 'gone');
    await succeed('-n', 'gone', 'create', 'deployment', 'web', '--image=nginx:1.27');
    await succeed('-n', 'gone', 'rollout', 'status', 'deployment/web', '--timeout=60s');
    expect(
      await succeed('-n', 'gone', 'delete', 'pod', '-l', 'app=web', '--grace-period=0', '--force'),
    ).toContain('deleted');
    await succeed('-n', 'gone', 'delete', 'deployment', 'web', '--cascade=orphan');
    expect(await succeed('-n', 'gone', 'get', 'replicasets', '-o', 'name')).toContain('replicaset.apps/web-');
    await succeed('-n', 'gone', 'delete', 'replicasets', '--all', '--cascade=foreground');
    await succeed('delete', 'namespace', 'gone', '--timeout=60s');
    expect((await run(['get', 'namespace', 'gone'])).out).toContain('not found');
  });
});
