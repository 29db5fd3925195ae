import type { KubernetesObject } from '../../storage/api.js';
import { notFound } from '../../storage/api-errors.js';
import { matchesRequirements } from '../../storage/label-selector.js';
import type { Registry } from '../../storage/registry.js';
import type { ContainerUsage, NodeMeasure, UsageSource } from '../../storage/runtime.js';
import { timestamp } from '../../storage/timestamp.js';
import { META_VERSION, partialOf } from '../partial-metadata.js';
import { parseLabelSelector } from '../selectors.js';

export const METRICS = { group: 'metrics.k8s.io', version: 'v1beta1' };
/** Where a cluster with metrics-server has it. */
export const METRICS_SERVER = { namespace: 'kube-system', name: 'metrics-server', port: 443 };

const API_VERSION = 'metrics.k8s.io/v1beta1';
const WINDOW = '15s';

interface MetricsKind {
  readonly kind: string;
  readonly namespaced: boolean;
  /** How messages name it. */
  readonly qualified: { readonly name: string; readonly group: string };
}

export const metricsKinds: Readonly<Record<string, MetricsKind>> = {
  nodes: {
    kind: 'NodeMetrics',
    namespaced: false,
    qualified: { name: 'nodemetrics', group: METRICS.group },
  },
  pods: { kind: 'PodMetrics', namespaced: true, qualified: { name: 'podmetrics', group: METRICS.group } },
};

export interface MetricsQuery {
  readonly resource: string;
  readonly namespace: string | undefined;
  /** Empty for a list. */
  readonly name: string;
  readonly labelSelector: string;
}

/** metrics.k8s.io/v1beta1 as metrics-server serves it: what nodes and running pods use now. */
export class MetricsApi {
  constructor(
    private readonly registry: Registry,
    private readonly usage: UsageSource,
    private readonly now: () => number,
  ) {}

  /** One object, or a list. Throws 404, also for a pod that does not run. */
  answer({ resource, namespace, name, labelSelector }: MetricsQuery): object {
    const kind = metricsKinds[resource] as MetricsKind;
    if (name !== '') {
      const object = this.registry.get(resource, namespace, name);
      const metrics = object && this.metricsOf(resource, object);
      if (!metrics) throw notFound(kind.qualified, namespace === undefined ? name : `${namespace}/${name}`);
      return { kind: kind.kind, apiVersion: API_VERSION, ...metrics };
    }
    const requirements = parseLabelSelector(labelSelector);
    const items = this.registry
      .list(resource, namespace === undefined ? {} : { namespace })
      .filter(({ metadata }) => matchesRequirements(metadata.labels, requirements))
      .flatMap((object) => this.metricsOf(resource, object) ?? []);
    return { kind: `${kind.kind}List`, apiVersion: API_VERSION, metadata: {}, items };
  }

  private metricsOf(resource: string, object: KubernetesObject): object | undefined {
    const time = timestamp(this.now());
    const { name, namespace, labels } = object.metadata;
    const common = {
      metadata: { name, ...(namespace ? { namespace } : {}), creationTimestamp: time, labels },
      timestamp: time,
      window: WINDOW,
    };
    if (resource === 'nodes') return { ...common, usage: quantities(this.usage.ofNode(name)) };
    const containers = this.usage.ofPod(object);
    if (containers.length === 0) return undefined;
    return {
      ...common,
      containers: containers.map((each) => ({ name: each.name, usage: quantities(each) })),
    };
  }
}

const quantities = ({ cpuNanocores, memoryBytes }: ContainerUsage | NodeMeasure): object => ({
  cpu: `${cpuNanocores}n`,
  memory: `${Math.round(memoryBytes / 1024)}Ki`,
});

/** The discovery document of the version. */
export const metricsResources = (): object => ({
  kind: 'APIResourceList',
  apiVersion: 'v1',
  groupVersion: API_VERSION,
  resources: Object.entries(metricsKinds).map(([name, { kind, namespaced }]) => ({
    name,
    singularName: '',
    namespaced,
    kind,
    verbs: ['get', 'list'],
  })),
});

/** metrics-server answers kubectl's wish for a table with usage per row. */
export const metricsTable = (answer: any): object => ({
  kind: 'Table',
  apiVersion: META_VERSION,
  metadata: answer.items ? answer.metadata : {},
  columnDefinitions: [
    column('Name', 'name'),
    column('cpu', 'quantity'),
    column('memory', 'quantity'),
    column('Window', 'duration'),
  ],
  rows: (answer.items ?? [answer]).map((item: any) => ({
    cells: [item.metadata.name, ...totals(item), item.window],
    object: partialOf(item),
  })),
});

const column = (name: string, format: string): object => ({
  name,
  type: 'string',
  format,
  description: '',
  priority: 0,
});

const totals = ({ usage, containers }: any): string[] => {
  const all: any[] = usage ? [usage] : containers.map((each: any) => each.usage);
  const sum = (key: string): number =>
    all.reduce((total, each) => total + Number.parseInt(each[key] as string, 10), 0);
  return [`${sum('cpu')}n`, `${sum('memory')}Ki`];
};
