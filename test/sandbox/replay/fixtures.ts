/** What the recorder had made before it recorded, and between its requests. */
// The shell is loaded before a clock moves that does not wait for it.
import '../../../sandbox/kubelet/shell/run-command.js';
import type { Sandbox } from '../../../sandbox/sandbox.js';
import type { Draft } from '../../../sandbox/storage/api.js';

export interface ServiceAccount {
  readonly namespace: string;
  readonly account: string;
  readonly audiences?: readonly string[];
}

export type Step = (sandbox: Sandbox, advance: (ms: number) => Promise<void>) => Promise<void> | void;

export const namespaces =
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

export const create = ({ api }: Sandbox, resource: string, draft: Draft): void => {
  api.as('unknown').create(resource, draft);
};

/** Scripts load the shell when the first of them runs, in real time; later ones are then as quick as recorded. */
export const warmShell: Step = async (sandbox, advance) => {
  create(sandbox, 'pods', {
    ...sleeper('script', 'default', {
      restartPolicy: 'Never',
      containers: [container('main', 'echo; true')],
    }),
  });
  const isDone = (): boolean =>
    sandbox.api.get('pods', 'default', 'script')?.['status'].phase === 'Succeeded';
  while (!isDone()) {
    await advance(50);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  sandbox.api.remove('pods', 'default', 'script', { gracePeriodSeconds: 0 });
};

export const annotateNode = ({ api }: Sandbox, annotations: Record<string, string>): void => {
  const [node] = api.list('nodes');
  if (!node) return;
  const { metadata } = node;
  api.update('nodes', {
    ...node,
    metadata: { ...metadata, annotations: { ...metadata.annotations, ...annotations } },
  });
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

export const deployment = (
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

export const prepareCrud: Step = async (sandbox, advance) => {
  await namespaces('cap-02', 'cap-02t')(sandbox, advance);
  create(sandbox, 'configmaps', {
    metadata: { name: 'hold', namespace: 'cap-02t', finalizers: ['example.com/hold'] },
  });
  account(sandbox, 'cap-02', 'viewer', [
    { apiGroups: [''], resources: ['configmaps'], verbs: ['get', 'list'] },
  ]);
};

/** A service account that may do in its namespace what the rules say. */
export const account = (sandbox: Sandbox, namespace: string, name: string, rules?: object[]): void => {
  create(sandbox, 'serviceaccounts', { metadata: { name, namespace } });
  if (!rules) return;
  create(sandbox, 'roles', { metadata: { name: `${name}-rules`, namespace }, rules });
  create(sandbox, 'rolebindings', {
    metadata: { name: `${name}-rules`, namespace },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: `${name}-rules` },
    subjects: [{ kind: 'ServiceAccount', name, namespace }],
  });
};

export const prepareAccounts: Step = async (sandbox, advance) => {
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

/** What the recorder let the limited account do between two requests. */
export const mayMakeRoles: Step = (sandbox) => {
  const grant = { name: 'role-maker', namespace: 'cap-15' };
  create(sandbox, 'roles', {
    metadata: grant,
    rules: [
      {
        apiGroups: ['rbac.authorization.k8s.io'],
        resources: ['roles', 'rolebindings'],
        verbs: ['create'],
      },
    ],
  });
  create(sandbox, 'rolebindings', {
    metadata: grant,
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'role-maker' },
    subjects: [{ kind: 'ServiceAccount', name: 'limited', namespace: 'cap-15' }],
  });
};

export const LIMITED: ServiceAccount = { namespace: 'cap-15', account: 'limited' };
export const FOR_VAULT: ServiceAccount = { ...LIMITED, audiences: ['vault'] };

export const deleted =
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

export const prepareLists: Step = async (sandbox, advance) => {
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

/** Once, two streams of the recorded container overtook each other. */
const LINES =
  'for i in 1 2 3 5; do echo line $i; echo err $i >&2; sleep 1; if [ $i = 3 ]; then echo err 4 >&2; echo line 4; sleep 1; fi; done; printf "no newline at the end"; sleep 3600';

export const TICKER =
  'i=0; trap "echo got TERM; exit 0" TERM; while [ $i -lt 15 ]; do i=$((i+1)); echo tick $i; sleep 0.2; done; echo done ticking; while true; do sleep 0.1; done';

/** Lets the shells of the pods, which are programs of their own, keep up with the clock. */
const slowly = async (ms: number, advance: (ms: number) => Promise<void>): Promise<void> => {
  for (let elapsed = 0; elapsed < ms; elapsed += 100) {
    await advance(100);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
};

export const prepareLogs: Step = async (sandbox, advance) => {
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
  const scratch = [{ name: 'scratch', emptyDir: {} }];
  const onceMore =
    'if [ -e /scratch/lived ]; then echo second life; sleep 3600; fi; touch /scratch/lived; echo first life';
  const twice = {
    ...container('main', onceMore),
    volumeMounts: [{ name: 'scratch', mountPath: '/scratch' }],
  };
  pod('twice', '', { volumes: scratch, containers: [twice] });
  pod('restarts', 'echo start 1795371389; echo boom; exit 1');
  pod('initwait', 'true', { initContainers: [container('wait', 'sleep 3600')] });
  await slowly(11_000, advance);
};

export const negative: Step = (sandbox) =>
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

export const firstPods = (sandbox: Sandbox): Record<string, string> => {
  const [first = '', second = ''] = webPods(sandbox);
  return { 'web-65b7c7fbd6-nndp2': first, 'web-65b7c7fbd6-pjcws': second };
};

export const newestPod = (sandbox: Sandbox): Record<string, string> => ({
  'web-65b7c7fbd6-lmrct': webPods(sandbox).at(-1) ?? '',
});

export const prepareEviction: Step = async (sandbox, advance) => {
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
export const runPod =
  (name: string, command: string): Step =>
  async (sandbox, advance) => {
    create(sandbox, 'pods', sleeper(name, 'cap-09', { containers: [container('main', command)] }));
    for (let waited = 0; waited < 10_000; waited += 10) {
      const statuses = sandbox.api.get('pods', 'cap-09', name)?.['status'].containerStatuses;
      if (statuses?.[0].state.running) return;
      await advance(10);
    }
  };

export const prepareExec: Step = async (sandbox, advance) => {
  await namespaces('cap-10')(sandbox, advance);
  const pod = (name: string, spec: object): void => create(sandbox, 'pods', sleeper(name, 'cap-10', spec));
  pod('box', {
    containers: [
      container('main', 'echo hello from main; trap "exit 0" TERM; while true; do sleep 0.2; done'),
      container('side'),
    ],
  });
  pod('done', { containers: [container('main', 'true')], restartPolicy: 'Never' });
  const echo = 'while read line; do echo "got: $line"; done; echo stdin closed; sleep 3600';
  const closing = echo.replace('; sleep 3600', '');
  pod('echoer', { containers: [{ ...container('main', closing), stdin: true, stdinOnce: true }] });
  pod('ttyer', { containers: [{ ...container('main', echo), stdin: true, tty: true }] });
  pod('nonode', { nodeSelector: { nosuch: 'label' } });
  pod('nopull', { containers: [{ name: 'main', image: 'registry.example/missing:1' }] });
  const rules = (verbs: string[], resources: string[]): object[] => [{ apiGroups: [''], resources, verbs }];
  account(sandbox, 'cap-10', 'podreader', rules(['get', 'list'], ['pods']));
  account(sandbox, 'cap-10', 'execgetter', rules(['get'], ['pods/exec']));
  account(sandbox, 'cap-10', 'execer', rules(['create'], ['pods/exec']));
  account(sandbox, 'cap-10', 'execboth', rules(['get', 'create'], ['pods/exec']));
  await slowly(6000, advance);
};
