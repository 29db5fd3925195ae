import type { KubernetesObject } from '../storage/api.js';
import { PATIENCE_MS, simulateCluster } from './simulated-cluster.js';

const container = (name: string, image: string, extra: object = {}) => ({ name, image, ...extra });

/** For tests: a cluster whose pods run and take commands. */
export async function startExecPods() {
  const cluster = simulateCluster({ pace: 0.01 });
  cluster.api.create('configmaps', {
    metadata: { name: 'settings', namespace: 'demo' },
    data: { 'app.conf': 'colour=blue\n' },
  });
  cluster.api.create('secrets', {
    metadata: { name: 'keys', namespace: 'demo' },
    stringData: { password: 's3cret' },
  });
  const pod = (name: string, spec: any) =>
    cluster.api.create('pods', {
      metadata: { name, namespace: 'demo' },
      spec: { terminationGracePeriodSeconds: 1, ...spec },
    });
  pod('box', {
    containers: [
      container('main', 'busybox:1.37', {
        command: ['sleep', 'infinity'],
        env: [
          { name: 'COLOUR', valueFrom: { configMapKeyRef: { name: 'settings', key: 'app.conf' } } },
          { name: 'PASSWORD', valueFrom: { secretKeyRef: { name: 'keys', key: 'password' } } },
          { name: 'GREETING', value: 'hello $(PASSWORD)' },
          { name: 'POD', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
        ],
        volumeMounts: [{ name: 'settings', mountPath: '/etc/settings' }],
      }),
    ],
    volumes: [{ name: 'settings', configMap: { name: 'settings' } }],
  });
  pod('doomed', { containers: [container('main', 'busybox:1.37', { command: ['sleep', '1000'] })] });
  pod('web', { containers: [container('nginx', 'nginx:1.27')] });
  pod('bare', { containers: [container('main', 'gcr.io/distroless/static:latest')] });
  await cluster.until(() => cluster.pods().every(({ status }) => status.phase === 'Running'));

  const podOf = (name: string): KubernetesObject => {
    const pod = cluster.api.get('pods', 'demo', name);
    if (!pod) throw new Error(`there is no pod ${name}`);
    return pod;
  };

  /** Lets promises and the clock run until the condition holds. */
  async function settle(condition: () => boolean): Promise<void> {
    const end = Date.now() + PATIENCE_MS;
    while (!condition()) {
      if (Date.now() > end) throw new Error('the condition did not come about');
      await cluster.clock.advance(5);
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /** @param options `latin1` shows bytes as they are */
  function start(
    name: string,
    command: string[],
    options: { tty?: boolean; stdin?: boolean; encoding?: 'utf8' | 'latin1' } = {},
  ) {
    const { tty = false, stdin = false, encoding = 'utf8' } = options;
    const pod = podOf(name);
    const process = cluster.runtime.exec(pod, pod['spec'].containers[0].name, { command, tty, stdin });
    const seen = {
      stdout: '',
      stderr: '',
      exit: undefined as { code: number } | { error: string } | undefined,
    };
    process.onOutput((stream, bytes) => {
      seen[stream] += Buffer.from(bytes).toString(encoding);
    });
    process.onExit((exit) => {
      seen.exit = exit;
    });
    return {
      process,
      seen,
      type: (text: string) => void process.write(Buffer.from(text)),
      shows: (text: string) => settle(() => seen.stdout.includes(text)),
      ends: async () => {
        await settle(() => seen.exit !== undefined);
        return seen;
      },
    };
  }

  const run = (name: string, script: string) => start(name, ['sh', '-c', script]).ends();

  return { cluster, podOf, settle, start, run, dispose: () => cluster.dispose() };
}

export type ExecPods = Awaited<ReturnType<typeof startExecPods>>;
