import type { Sandbox } from '../../../sandbox/sandbox.js';
import type { Draft } from '../../../sandbox/storage/api.js';
import { narrowDiscovery } from './narrow-discovery.js';
import type { Exchange } from './recording.js';
import { withoutControllerTraces, withoutManagedFields } from './strip.js';

type Step = (sandbox: Sandbox, advance: (ms: number) => Promise<void>) => Promise<void> | void;

/** What the recorder had made before its first recorded request, and between them without recording. */
export interface Scenario {
  readonly name: string;
  /** False where no controller's work shows, so that none can write in between. */
  readonly controllers?: boolean;
  readonly prepare?: Step;
  /** By the index of the exchange that it has to happen before. */
  readonly before?: Readonly<Record<number, Step>>;
  /** After the last request, while watches are still open. */
  readonly after?: Step;
  /** Leaves what the sandbox does not serve out of an expected body. */
  readonly narrow?: (expected: any, actual: any, exchange: Exchange) => any;
  /** Leaves out, on both sides, what depends on how fast a controller was. */
  readonly strip?: (value: any) => any;
}

const namespaces =
  (...names: string[]): Step =>
  async ({ api }, advance) => {
    for (const name of names) api.create('namespaces', { metadata: { name } });
    await advance(500);
  };

const create = ({ api }: Sandbox, resource: string, draft: Draft): void => {
  api.as('unknown').create(resource, draft);
};

const sleeper = (name: string, namespace: string, spec: object = {}, labels?: object): Draft => ({
  metadata: { name, namespace, ...(labels ? { labels } : {}) },
  spec: {
    terminationGracePeriodSeconds: 1,
    containers: [container('main')],
    ...spec,
  },
});

const container = (name: string, command = 'sleep 3600'): object => ({
  name,
  image: 'busybox:1.36',
  command: ['sh', '-c', command],
});

const deployment = (name: string, namespace: string, given: { labels?: object; replicas?: number } = {}): Draft => ({
  metadata: { name, namespace, labels: { app: name } },
  spec: {
    replicas: given.replicas ?? 1,
    selector: { matchLabels: { app: name } },
    template: {
      metadata: { labels: { app: name } },
      spec: {
        terminationGracePeriodSeconds: 2,
        containers: [{ name: 'nginx', image: 'nginx:1.27', ports: [{ containerPort: 80, name: 'http' }] }],
      },
    },
  },
});

const prepareCrud: Step = async (sandbox, advance) => {
  await namespaces('cap-02', 'cap-02t')(sandbox, advance);
  create(sandbox, 'configmaps', {
    metadata: { name: 'hold', namespace: 'cap-02t', finalizers: ['example.com/hold'] },
  });
  sandbox.api.remove('namespaces', undefined, 'cap-02t');
  await advance(500);
};

const deleted = (policy: string): Step => async (sandbox, advance) => {
  const made = deployment(`del-${policy}`, 'cap-02');
  create(sandbox, 'deployments', { ...made, metadata: { name: `del-${policy}`, namespace: 'cap-02' } });
  await advance(3000);
};

const prepareLists: Step = async (sandbox, advance) => {
  await namespaces('cap-03')(sandbox, advance);
  for (let i = 0; i < 25; i += 1) {
    const labels = { tier: 'abc'[i % 3], ...(i % 2 === 0 ? { even: 'true' } : {}) };
    create(sandbox, 'configmaps', {
      metadata: { name: `cm-${String(i).padStart(2, '0')}`, namespace: 'cap-03', labels },
      data: { i: String(i) },
    });
  }
  create(sandbox, 'pods', sleeper('run-1', 'cap-03', {}, { app: 'p' }));
  create(sandbox, 'pods', sleeper('run-2', 'cap-03', { containers: [container('main'), container('side')] }, { app: 'p' }));
  create(sandbox, 'pods', sleeper('stuck', 'cap-03', { nodeSelector: { nosuch: 'label' } }));
  await advance(5000);
};

export const scenarios: readonly Scenario[] = [
  { name: '01-discovery', controllers: false, narrow: narrowDiscovery },
  {
    name: '02-crud-errors',
    prepare: prepareCrud,
    before: {
      117: deleted('foreground'),
      120: deleted('background'),
      123: deleted('orphan'),
      132: (sandbox) =>
        create(sandbox, 'configmaps', {
          metadata: { name: 'fin', namespace: 'cap-02', finalizers: ['example.com/hold'] },
        }),
      138: (sandbox) => {
        for (const [name, batch] of [['dc-1', 'a'], ['dc-2', 'a'], ['dc-3', 'b']] as const)
          create(sandbox, 'configmaps', { metadata: { name, namespace: 'cap-02', labels: { batch } } });
      },
    },
  },
  {
    name: '03-list-and-paging',
    prepare: prepareLists,
    before: {
      1: (sandbox) =>
        create(sandbox, 'configmaps', { metadata: { name: 'cm-05a', namespace: 'cap-03' }, data: { i: 'x' } }),
      11: ({ api }) => {
        api.remove('configmaps', 'cap-03', 'cm-05a');
      },
    },
    strip: withoutManagedFields,
  },
  {
    name: '04-watch',
    prepare: namespaces('cap-04'),
    after: ({ api }) => {
      const map = api.get('configmaps', 'cap-04', 'kube-root-ca.crt');
      if (map) api.update('configmaps', { ...map, data: { q: 'later' } });
    },
  },
  { name: '05-patches', controllers: false, prepare: namespaces('cap-05'), strip: withoutControllerTraces },
  { name: '08-quota-limits', prepare: namespaces('cap-08') },
  { name: '12-service-ingress-endpoints', prepare: namespaces('cap-12'), strip: withoutManagedFields },
  {
    name: '14-namespace-lifecycle',
    strip: withoutManagedFields,
    before: {
      14: (sandbox) =>
        create(sandbox, 'configmaps', {
          metadata: { name: 'hold', namespace: 'cap-14', finalizers: ['example.com/hold'] },
        }),
      33: namespaces('cap-14e'),
    },
  },
  { name: '15-tokenreview-rbac', prepare: namespaces('cap-15') },
  { name: '16-nodes-metrics', prepare: namespaces('cap-16'), strip: withoutManagedFields },
];
