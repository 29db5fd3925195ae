import type { NodeShape } from './kubelet/nodes.js';
import { sandboxNodes } from './kubelet/nodes.js';
import type { Api, Draft, KubernetesObject } from './storage/api.js';
import { type Random, seededRandom } from './storage/random.js';

/** A Deployment to fill a cluster with. */
export interface SampleWorkload {
  readonly namespace: string;
  readonly name: string;
  readonly image: string;
  readonly replicas: number;
  /** Undefined: it becomes healthy. */
  readonly fault: string | undefined;
  /** Millicores that each pod asks for. */
  readonly cpu: number;
  /** Mebibytes that each pod asks for. */
  readonly memory: number;
}

const TEAMS = ['shop', 'billing', 'logistics', 'search', 'support', 'analytics', 'identity', 'media'];
const LANDSCAPES = ['dev', 'test', 'prod'];
const COMPONENTS = [
  'api',
  'web',
  'worker',
  'cache',
  'gateway',
  'scheduler',
  'importer',
  'notifier',
  'catalogue',
  'reports',
];
const SIZES = [1, 1, 2, 2, 3, 3, 4, 5, 6, 8, 12];
const CPU = [25, 50, 100, 200];
const MEMORY = [32, 64, 128, 256];
/** Of faults.ts: each shows as something else. */
const FAULTS = ['image-pull', 'crash-loop', 'never-ready', 'oom'];
const PUBLIC_IMAGES: Readonly<Record<string, string>> = { web: 'nginx:1.27', cache: 'redis:7' };

/** Deployments that have this many pods together; the same seed gives the same ones. */
export const planWorkloads = (pods: number, broken: number, seed: number): SampleWorkload[] => {
  const random = seededRandom(seed);
  const plan: SampleWorkload[] = [];
  for (let left = pods; left > 0; left -= plan.at(-1)?.replicas ?? left) {
    const index = plan.length;
    const component = COMPONENTS[index % COMPONENTS.length] as string;
    const tenth = Math.floor(index / COMPONENTS.length);
    plan.push({
      namespace: namespaceName(tenth),
      name: component,
      image:
        PUBLIC_IMAGES[component] ??
        `registry.example.com/${TEAMS[tenth % TEAMS.length]}/${component}:1.${Math.floor(random() * 20)}.0`,
      replicas: Math.min(left, pick(random, SIZES)),
      fault: random() * 100 < broken ? pick(random, FAULTS) : undefined,
      cpu: pick(random, CPU),
      memory: pick(random, MEMORY),
    });
  }
  return plan;
};

/** `shop-dev`, `shop-test`, …, then with numbers. */
const namespaceName = (index: number): string => {
  const team = TEAMS[Math.floor(index / LANDSCAPES.length) % TEAMS.length];
  const round = Math.floor(index / (LANDSCAPES.length * TEAMS.length));
  return `${team}${round === 0 ? '' : round + 1}-${LANDSCAPES[index % LANDSCAPES.length]}`;
};

const pick = <T>(random: Random, from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;

/** Room for half as much again as is planned, so that rollouts and a drained node find place. */
const HEADROOM = 1.5;
const LEAST = { pods: 110, cpu: 8, memory: 32 };

export const nodesFor = (count: number, plan: readonly SampleWorkload[]): NodeShape[] => {
  const each = (amount: (workload: SampleWorkload) => number): number =>
    Math.ceil((plan.reduce((sum, one) => sum + amount(one) * one.replicas, 0) / count) * HEADROOM);
  const pods = Math.max(
    LEAST.pods,
    each(() => 1),
  );
  const cpu = Math.max(
    LEAST.cpu,
    each((one) => one.cpu / 1000),
  );
  const memory = Math.max(
    LEAST.memory,
    each((one) => one.memory / 1024),
  );
  return sandboxNodes(count).map((shape) => ({ ...shape, pods, cpu: String(cpu), memory: `${memory}Gi` }));
};

const FAULT = 'sandbox.meridian.dev/fault';

/** Whether a pod is one that was planned to fail. */
export const hasFault = ({ metadata }: KubernetesObject): boolean =>
  metadata.annotations?.[FAULT] !== undefined;

/** Creates a Deployment, and its namespace before the first one in it. */
export const createWorkload = (api: Api, workload: SampleWorkload): void => {
  const { namespace } = workload;
  if (!api.get('namespaces', undefined, namespace))
    api.create('namespaces', { metadata: { name: namespace } });
  api.create('deployments', deploymentOf(workload));
};

const deploymentOf = ({ namespace, name, image, replicas, fault, cpu, memory }: SampleWorkload): Draft => {
  const labels = { 'app.kubernetes.io/name': name, 'app.kubernetes.io/part-of': namespace };
  const annotations = fault ? { annotations: { [FAULT]: fault } } : {};
  return {
    metadata: { name, namespace, labels },
    spec: {
      replicas,
      selector: { matchLabels: { 'app.kubernetes.io/name': name } },
      template: {
        metadata: { labels, ...annotations },
        spec: {
          containers: [
            {
              name,
              image,
              ports: [{ name: 'http', containerPort: 8080 }],
              resources: { requests: { cpu: `${cpu}m`, memory: `${memory}Mi` } },
            },
          ],
        },
      },
    },
  };
};
