import type { Sandbox } from '../../../sandbox/sandbox.js';
import type { Draft } from '../../../sandbox/storage/api.js';
import { narrowDiscovery } from './narrow-discovery.js';
import type { Exchange } from './recording.js';
import { withoutControllerManagers, withoutControllerTraces, withoutManagedFields } from './strip.js';

interface ServiceAccount {
  readonly namespace: string;
  readonly account: string;
  readonly audiences?: readonly string[];
}

type Step = (sandbox: Sandbox, advance: (ms: number) => Promise<void>) => Promise<void> | void;

/** What the recorder had made before its first recorded request, and between them without recording. */
export interface Scenario {
  readonly name: string;
  /** False where no controller's work shows, so that none can write in between. */
  readonly controllers?: boolean;
  /** How fast pods start, against the simulated kubelet's own pace. */
  readonly pace?: number;
  readonly prepare?: Step;
  /** By the index of the exchange that it has to happen before. */
  readonly before?: Readonly<Record<number, Step>>;
  /** What recorded names are here, from an exchange on. */
  readonly aliases?: Readonly<Record<number, (sandbox: Sandbox) => Record<string, string>>>;
  /** After the last request, while watches are still open. */
  readonly after?: Step;
  /** Service accounts behind the recorded identities. */
  readonly accounts?: Readonly<Record<string, ServiceAccount>>;
  /** Whose token a body had before the recorder took it out, by exchange. */
  readonly tokens?: Readonly<Record<number, ServiceAccount>>;
  /** Leaves what the sandbox does not serve out of an expected body. */
  readonly narrow?: (expected: any, actual: any, exchange: Exchange) => any;
  /** Leaves out, on both sides, what depends on how fast a controller was. */
  readonly strip?: (value: any) => any;
}

const namespaces =
  (...names: string[]): Step =>
  async (sandbox, advance) => {
    const { api } = sandbox;
    await warmNode(sandbox, advance);
    for (const name of names) api.create('namespaces', { metadata: { name } });
    await advance(500);
  };

/** The recorded node had these images from earlier scenarios. */
const warmNode = async (sandbox: Sandbox, advance: (ms: number) => Promise<void>): Promise<void> => {
  sandbox.api.create('namespaces', { metadata: { name: 'warm' } });
  for (const [index, image] of [
    'nginx:1.27',
    'nginx:1.28',
    'nginx:1.29',
    'redis:7',
    'busybox:1.36',
  ].entries())
    create(sandbox, 'pods', {
      metadata: { name: `warm-${index}`, namespace: 'warm' },
      spec: { terminationGracePeriodSeconds: 0, containers: [{ name: 'c', image }] },
    });
  await advance(30_000);
  sandbox.api.remove('namespaces', undefined, 'warm');
  await advance(5_000);
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

const deployment = (
  name: string,
  namespace: string,
  given: { labels?: object; replicas?: number } = {},
): Draft => ({
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
  account(sandbox, 'cap-02', 'viewer', [
    { apiGroups: [''], resources: ['configmaps'], verbs: ['get', 'list'] },
  ]);
};

/** A service account that may do in its namespace what the rules say. */
const account = (sandbox: Sandbox, namespace: string, name: string, rules?: object[]): void => {
  create(sandbox, 'serviceaccounts', { metadata: { name, namespace } });
  if (!rules) return;
  create(sandbox, 'roles', { metadata: { name: `${name}-rules`, namespace }, rules });
  create(sandbox, 'rolebindings', {
    metadata: { name: `${name}-rules`, namespace },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: `${name}-rules` },
    subjects: [{ kind: 'ServiceAccount', name, namespace }],
  });
};

const prepareAccounts: Step = async (sandbox, advance) => {
  await namespaces('cap-15')(sandbox, advance);
  account(sandbox, 'cap-15', 'limited');
  account(sandbox, 'cap-15', 'impersonator');
  create(sandbox, 'clusterroles', {
    metadata: { name: 'impersonator' },
    rules: [
      { apiGroups: [''], resources: ['users'], resourceNames: ['jane'], verbs: ['impersonate'] },
      { apiGroups: [''], resources: ['groups'], resourceNames: ['devs'], verbs: ['impersonate'] },
    ],
  });
  create(sandbox, 'clusterrolebindings', {
    metadata: { name: 'impersonator' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'impersonator' },
    subjects: [{ kind: 'ServiceAccount', name: 'impersonator', namespace: 'cap-15' }],
  });
};

const LIMITED: ServiceAccount = { namespace: 'cap-15', account: 'limited' };
const FOR_VAULT: ServiceAccount = { ...LIMITED, audiences: ['vault'] };

const deleted =
  (policy: string): Step =>
  async (sandbox, advance) => {
    const made = deployment(`del-${policy}`, 'cap-02');
    const { spec } = made;
    spec.template.spec = {
      terminationGracePeriodSeconds: 1,
      nodeSelector: { none: 'such' },
      containers: [{ name: 'c', image: 'nginx:1.27' }],
    };
    create(sandbox, 'deployments', { metadata: { name: `del-${policy}`, namespace: 'cap-02' }, spec });
    await advance(200);
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
  create(
    sandbox,
    'pods',
    sleeper('run-2', 'cap-03', { containers: [container('main'), container('side')] }, { app: 'p' }),
  );
  create(sandbox, 'pods', sleeper('stuck', 'cap-03', { nodeSelector: { nosuch: 'label' } }));
  await advance(5000);
};

const LINES =
  'for i in 1 2 3 4 5; do echo line $i; echo err $i >&2; sleep 1; done; printf "no newline at the end"; sleep 3600';

const TICKER =
  'i=0; trap "echo got TERM; exit 0" TERM; while [ $i -lt 15 ]; do i=$((i+1)); echo tick $i; sleep 0.2; done; echo done ticking; while true; do sleep 0.1; done';

/** Lets the shells of the pods, which are programs of their own, keep up with the clock. */
const slowly = async (ms: number, advance: (ms: number) => Promise<void>): Promise<void> => {
  for (let elapsed = 0; elapsed < ms; elapsed += 100) {
    await advance(100);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
};

const prepareLogs: Step = async (sandbox, advance) => {
  await namespaces('cap-09')(sandbox, advance);
  const pod = (name: string, command: string, spec: object = {}): void =>
    create(sandbox, 'pods', sleeper(name, 'cap-09', { containers: [container('main', command)], ...spec }));
  pod('lines', LINES);
  pod('silent', 'sleep 3600');
  pod('utf8', 'printf "gr\\303\\274\\303\\237e \\342\\234\\223 \\033[31mred\\033[0m\\nlast\\n"; sleep 3600');
  pod('done', 'echo finished', { restartPolicy: 'Never' });
  pod('partial', 'printf "full\\npart without newline"', { restartPolicy: 'Never' });
  const both = [
    container('app', 'echo from app; sleep 3600'),
    container('side', 'echo from side; sleep 3600'),
  ];
  pod('multi', '', { initContainers: [container('setup', 'echo from init')], containers: both });
  pod('annotated', '', { containers: both });
  pod('nopull', 'true', { containers: [{ name: 'main', image: 'registry.example/missing:1' }] });
  pod('nonode', 'true', { nodeSelector: { nosuch: 'label' } });
  pod('initwait', 'true', { initContainers: [container('wait', 'sleep 3600')] });
  await slowly(11_000, advance);
};

const negative: Step = (sandbox) =>
  create(
    sandbox,
    'pods',
    sleeper('neg', 'cap-17', {
      containers: [container('main', 'trap "exit 0" TERM; while true; do sleep 0.2; done')],
    }),
  );

const webPods = ({ api }: Sandbox): string[] =>
  api
    .list('pods', { namespace: 'cap-17', labels: { app: 'web' } })
    .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
    .sort((a, b) => a.metadata.creationTimestamp.localeCompare(b.metadata.creationTimestamp))
    .map(({ metadata }) => metadata.name);

const firstPods = (sandbox: Sandbox): Record<string, string> => {
  const [first = '', second = ''] = webPods(sandbox);
  return { 'web-65b7c7fbd6-nndp2': first, 'web-65b7c7fbd6-pjcws': second };
};

const newestPod = (sandbox: Sandbox): Record<string, string> => ({
  'web-65b7c7fbd6-lmrct': webPods(sandbox).at(-1) ?? '',
});

const prepareEviction: Step = async (sandbox, advance) => {
  await namespaces('cap-17')(sandbox, advance);
  create(sandbox, 'deployments', deployment('web', 'cap-17', { replicas: 2 }));
  create(
    sandbox,
    'pods',
    sleeper('unsched', 'cap-17', {
      nodeSelector: { no: 'such' },
      containers: [container('main', 'sleep 1')],
    }),
  );
  const stubborn = 'trap "" TERM; while true; do sleep 0.5; done';
  const soft = 'trap "exit 0" TERM; while true; do sleep 0.2; done';
  for (const [name, command] of Object.entries({
    zero: stubborn,
    three: stubborn,
    stub30: stubborn,
    soft30: soft,
  }))
    create(sandbox, 'pods', sleeper(name, 'cap-17', { containers: [container('main', command)] }));
  await slowly(5000, advance);
};

/** A pod that is just starting to write. */
const runPod =
  (name: string, command: string): Step =>
  async (sandbox, advance) => {
    create(sandbox, 'pods', sleeper(name, 'cap-09', { containers: [container('main', command)] }));
    for (let waited = 0; waited < 10_000; waited += 10) {
      const statuses = sandbox.api.get('pods', 'cap-09', name)?.['status'].containerStatuses;
      if (statuses?.[0].state.running) return;
      await advance(10);
    }
  };

const prepareExec: Step = async (sandbox, advance) => {
  await namespaces('cap-10')(sandbox, advance);
  const pod = (name: string, spec: object): void => create(sandbox, 'pods', sleeper(name, 'cap-10', spec));
  pod('box', {
    containers: [
      container('main', 'echo hello from main; trap "exit 0" TERM; while true; do sleep 0.2; done'),
      container('side'),
    ],
  });
  pod('done', { containers: [container('main', 'true')], restartPolicy: 'Never' });
  pod('nonode', { nodeSelector: { nosuch: 'label' } });
  pod('nopull', { containers: [{ name: 'main', image: 'registry.example/missing:1' }] });
  const rules = (verbs: string[], resources: string[]): object[] => [{ apiGroups: [''], resources, verbs }];
  account(sandbox, 'cap-10', 'podreader', rules(['get', 'list'], ['pods']));
  account(sandbox, 'cap-10', 'execgetter', rules(['get'], ['pods/exec']));
  account(sandbox, 'cap-10', 'execer', rules(['create'], ['pods/exec']));
  account(sandbox, 'cap-10', 'execboth', rules(['get', 'create'], ['pods/exec']));
  await slowly(6000, advance);
};

export const scenarios: readonly Scenario[] = [
  { name: '01-discovery', controllers: false, narrow: narrowDiscovery },
  {
    name: '02-crud-errors',
    prepare: prepareCrud,
    strip: withoutControllerManagers,
    accounts: {
      'system:serviceaccount:cap-02:viewer (get, list configmaps in cap-02)': {
        namespace: 'cap-02',
        account: 'viewer',
      },
    },
    before: {
      89: ({ api }) => {
        api.remove('namespaces', undefined, 'cap-02t');
      },
      117: deleted('foreground'),
      120: deleted('background'),
      123: deleted('orphan'),
      132: (sandbox) =>
        create(sandbox, 'configmaps', {
          metadata: { name: 'fin', namespace: 'cap-02', finalizers: ['example.com/hold'] },
        }),
      138: (sandbox) => {
        for (const [name, batch] of [
          ['dc-1', 'a'],
          ['dc-2', 'a'],
          ['dc-3', 'b'],
        ] as const)
          create(sandbox, 'configmaps', { metadata: { name, namespace: 'cap-02', labels: { batch } } });
      },
    },
  },
  {
    name: '03-list-and-paging',
    prepare: prepareLists,
    before: {
      1: (sandbox) =>
        create(sandbox, 'configmaps', {
          metadata: { name: 'cm-05a', namespace: 'cap-03' },
          data: { i: 'x' },
        }),
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
  {
    name: '05-patches',
    controllers: false,
    prepare: namespaces('cap-05'),
    before: {
      // What the Deployment controller had written by then.
      1: ({ api }) => {
        const web = api.get('deployments', 'cap-05', 'web');
        const conditions = [{ type: 'Progressing', status: 'True' }];
        if (web) api.update('deployments', { ...web, status: { conditions } }, 'status');
      },
    },
    strip: withoutControllerTraces,
  },
  {
    name: '06-deployment-rolling-update',
    pace: 0.05,
    prepare: namespaces('cap-06'),
    strip: withoutManagedFields,
  },
  { name: '07-deployment-failures', pace: 0.2, prepare: namespaces('cap-07'), strip: withoutManagedFields },
  { name: '08-quota-limits', prepare: namespaces('cap-08'), strip: withoutControllerManagers },
  {
    name: '11-statefulset-pvc',
    pace: 0.2,
    prepare: async (sandbox, advance) => {
      await namespaces('cap-11')(sandbox, advance);
      // The recorded cluster had no storage class.
      for (const { metadata } of sandbox.api.list('storageclasses'))
        sandbox.api.remove('storageclasses', undefined, metadata.name);
    },
    strip: withoutManagedFields,
  },
  {
    name: '12-service-ingress-endpoints',
    pace: 0.2,
    prepare: namespaces('cap-12'),
    strip: withoutManagedFields,
  },
  { name: '13-autoscaling', pace: 0.2, prepare: namespaces('cap-13'), strip: withoutManagedFields },
  {
    name: '14-namespace-lifecycle',
    prepare: namespaces(),
    strip: withoutManagedFields,
    before: {
      14: (sandbox) =>
        create(sandbox, 'configmaps', {
          metadata: { name: 'hold', namespace: 'cap-14', finalizers: ['example.com/hold'] },
        }),
      33: namespaces('cap-14e'),
    },
  },
  {
    name: '09-logs',
    prepare: prepareLogs,
    before: { 48: runPod('ticker', TICKER), 52: runPod('short', 'echo a; sleep 3; echo b') },
    strip: withoutManagedFields,
  },
  {
    name: '10-exec',
    prepare: prepareExec,
    strip: withoutManagedFields,
    accounts: Object.fromEntries(
      ['podreader', 'execgetter', 'execer', 'execboth', 'execboth by subprotocol'].map((name) => [
        `system:serviceaccount:cap-10:${name}`,
        { namespace: 'cap-10', account: name.split(' ')[0] ?? name },
      ]),
    ),
  },
  {
    name: '15-tokenreview-rbac',
    controllers: false,
    prepare: prepareAccounts,
    accounts: {
      'system:serviceaccount:cap-15:limited': LIMITED,
      'system:serviceaccount:cap-15:impersonator': { namespace: 'cap-15', account: 'impersonator' },
      'token of another audience (vault)': FOR_VAULT,
    },
    tokens: { 27: LIMITED, 28: FOR_VAULT, 29: FOR_VAULT, 32: LIMITED },
  },
  { name: '16-nodes-metrics', pace: 0.2, prepare: namespaces('cap-16'), strip: withoutManagedFields },
  {
    name: '17-eviction-pdb',
    pace: 0.05,
    prepare: prepareEviction,
    aliases: { 2: firstPods, 20: newestPod },
    before: { 40: negative },
    strip: withoutManagedFields,
  },
];
