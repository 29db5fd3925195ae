import type { NodeShape } from '../../../sandbox/kubelet/nodes.js';
import type { Sandbox } from '../../../sandbox/sandbox.js';
import {
  annotateNode,
  create,
  deleted,
  FOR_VAULT,
  firstPods,
  LIMITED,
  mayMakeRoles,
  namespaces,
  negative,
  newestPod,
  prepareAccounts,
  prepareCrud,
  prepareEviction,
  prepareExec,
  prepareLists,
  prepareLogs,
  runPod,
  type ServiceAccount,
  type Step,
  TICKER,
  warmShell,
} from './fixtures.js';
import { narrowDiscovery } from './narrow-discovery.js';
import type { Exchange } from './recording.js';
import {
  onlyAddedGroups,
  withoutControllerManagers,
  withoutControllerTraces,
  withoutMachine,
  withoutManagedFields,
} from './strip.js';

/** What the recorder had made before its first recorded request, and between them without recording. */
export interface Scenario {
  readonly name: string;
  /** False where no controller's work shows, so that none can write in between. */
  readonly controllers?: boolean;
  /** Over TLS, with the client certificate that the recorded admin had. */
  readonly tls?: boolean;
  /** How fast the recorded node was to pull, create, start and remove, against the simulated ones. */
  readonly latency?: number;
  /** Where they show; otherwise one of ordinary size. */
  readonly nodes?: readonly NodeShape[];
  /** Several components write at their own speed: all watches, or these, are compared by states: watch-states.ts. */
  readonly comparesStates?: true | readonly number[];
  /** Scripts in containers need some real time besides the simulated. */
  readonly runsScripts?: boolean;
  /** Messages of Events about trouble that only the recorded machine had, or only its timing brought about. */
  readonly ignores?: RegExp;
  /** Exchanges that list Events whose numbers of repetitions tell how fast the recorded kubelet was. */
  readonly uncounted?: readonly number[];
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

export const scenarios: readonly Scenario[] = [
  { name: '01-discovery', controllers: false, narrow: narrowDiscovery },
  {
    name: '02-crud-errors',
    prepare: prepareCrud,
    // Of Deployments that are being deleted.
    comparesStates: [117, 120, 123],
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
    ignores: /context deadline exceeded|connection refused|failed to sync configmap cache/,
    comparesStates: true,
    latency: 0.05,
    prepare: namespaces('cap-06'),
    strip: withoutManagedFields,
  },
  {
    name: '07-deployment-failures',
    uncounted: [26, 32, 35, 38, 41, 44],
    runsScripts: true,
    ignores: /failed to sync configmap cache|context deadline exceeded/,
    comparesStates: true,
    latency: 0.2,
    prepare: async (sandbox, advance) => {
      await warmShell(sandbox, advance);
      await namespaces('cap-07')(sandbox, advance);
      // The recorded node had its images from elsewhere, and no way out.
      annotateNode(sandbox, { 'sandbox.meridian.dev/fault': 'registry-unreachable' });
    },
    strip: withoutManagedFields,
  },
  { name: '08-quota-limits', prepare: namespaces('cap-08'), strip: withoutControllerManagers },
  {
    name: '11-statefulset-pvc',
    uncounted: [8],
    comparesStates: true,
    latency: 0.2,
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
    comparesStates: true,
    latency: 0.2,
    prepare: namespaces('cap-12'),
    strip: withoutManagedFields,
    // The recorder scaled down without recording it.
    before: {
      9: async ({ api }, advance) => {
        const web = api.get('deployments', 'cap-12', 'web');
        if (web) api.update('deployments', { ...web, spec: { ...web['spec'], replicas: 1 } });
        await advance(1200);
      },
    },
  },
  {
    name: '13-autoscaling',
    comparesStates: true,
    latency: 0.2,
    prepare: namespaces('cap-13'),
    strip: withoutManagedFields,
  },
  {
    name: '14-namespace-lifecycle',
    comparesStates: true,
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
    tls: true,
    before: { 49: mayMakeRoles },
    prepare: prepareAccounts,
    accounts: {
      'system:serviceaccount:cap-15:limited': LIMITED,
      'system:serviceaccount:cap-15:impersonator': { namespace: 'cap-15', account: 'impersonator' },
      'token of another audience (vault)': FOR_VAULT,
    },
    tokens: { 27: LIMITED, 28: FOR_VAULT, 29: FOR_VAULT, 32: LIMITED },
  },
  {
    name: '16-nodes-metrics',
    latency: 0.2,
    prepare: namespaces('cap-16'),
    nodes: [{ name: 'node-1', cpu: '2', memory: '24632884Ki' }],
    strip: (value) => onlyAddedGroups(withoutMachine(withoutManagedFields(value))),
  },
  {
    name: '17-eviction-pdb',
    latency: 0.05,
    comparesStates: true,
    prepare: prepareEviction,
    aliases: { 2: firstPods, 20: newestPod },
    before: { 40: negative },
    strip: withoutManagedFields,
  },
];
