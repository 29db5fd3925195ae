import { ageOf } from './age.js';
import { podReadiness, podReason, podRestarts } from './pod-summary.js';

export interface Column {
  readonly name: string;
  readonly type?: 'string' | 'integer';
  readonly format?: string;
  /** 0 is always shown, 1 only when asked for more. */
  readonly priority?: 0 | 1;
  cell(object: any, now: number): string | number;
}

const NONE = '<none>';
const age: Column = { name: 'Age', cell: ({ metadata }, now) => ageOf(metadata.creationTimestamp, now) };
const wide = (name: string, cell: Column['cell']): Column => ({ name, priority: 1, cell });
const plain = (name: string, cell: Column['cell']): Column => ({ name, cell });
const count = (name: string, cell: Column['cell']): Column => ({ name, type: 'integer', cell });

const templateColumns: Column[] = [
  wide('Containers', ({ spec }) => spec.template.spec.containers.map(({ name }: any) => name).join(',')),
  wide('Images', ({ spec }) => spec.template.spec.containers.map(({ image }: any) => image).join(',')),
];
const selectorColumn = wide('Selector', ({ spec }) => formatLabels(spec.selector?.matchLabels));

const formatLabels = (labels: Record<string, string> | undefined): string =>
  Object.entries(labels ?? {})
    .map(([key, value]) => `${key}=${value}`)
    .join(',') || NONE;

const lastSeen = ({ series, lastTimestamp, eventTime }: any): string | undefined =>
  series?.lastObservedTime ?? lastTimestamp ?? eventTime;

const addressOf = (node: any, type: string): string =>
  node.status?.addresses?.find((each: any) => each.type === type)?.address ?? NONE;

/** The columns after the name, by resource. Others have only their age. */
export const columnsOf: Readonly<Record<string, readonly Column[]>> = {
  pods: [
    plain('Ready', podReadiness),
    plain('Status', podReason),
    plain('Restarts', podRestarts),
    age,
    wide('IP', ({ status }) => status?.podIP ?? NONE),
    wide('Node', ({ spec }) => spec.nodeName ?? NONE),
    wide('Nominated Node', ({ status }) => status?.nominatedNodeName ?? NONE),
    wide('Readiness Gates', ({ spec }) => (spec.readinessGates ? `0/${spec.readinessGates.length}` : NONE)),
  ],
  configmaps: [
    plain(
      'Data',
      ({ data, binaryData }) => Object.keys(data ?? {}).length + Object.keys(binaryData ?? {}).length,
    ),
    age,
  ],
  secrets: [
    plain('Type', ({ type }) => type),
    plain('Data', ({ data }) => Object.keys(data ?? {}).length),
    age,
  ],
  namespaces: [plain('Status', ({ status }) => status.phase), age],
  deployments: [
    plain('Ready', ({ spec, status }) => `${status.readyReplicas ?? 0}/${spec.replicas}`),
    plain('Up-to-date', ({ status }) => status.updatedReplicas ?? 0),
    plain('Available', ({ status }) => status.availableReplicas ?? 0),
    age,
    ...templateColumns,
    selectorColumn,
  ],
  replicasets: [
    count('Desired', ({ spec }) => spec.replicas),
    count('Current', ({ status }) => status.replicas),
    count('Ready', ({ status }) => status.readyReplicas ?? 0),
    age,
    ...templateColumns,
    selectorColumn,
  ],
  statefulsets: [
    plain('Ready', ({ spec, status }) => `${status.readyReplicas ?? 0}/${spec.replicas}`),
    age,
    ...templateColumns,
  ],
  services: [
    plain('Type', ({ spec }) => spec.type),
    plain('Cluster-IP', ({ spec }) => spec.clusterIP ?? NONE),
    plain('External-IP', ({ spec }) => spec.externalIPs?.join(',') ?? NONE),
    plain(
      'Port(s)',
      ({ spec }) =>
        (spec.ports ?? [])
          .map(({ port, nodePort, protocol }: any) => `${port}${nodePort ? `:${nodePort}` : ''}/${protocol}`)
          .join(',') || NONE,
    ),
    age,
    wide('Selector', ({ spec }) => formatLabels(spec.selector)),
  ],
  events: [
    plain('Last Seen', (event, now) => ageOf(lastSeen(event), now)),
    plain('Type', ({ type }) => type ?? ''),
    plain('Reason', ({ reason }) => reason ?? ''),
    plain('Object', ({ involvedObject: { kind, name } }) => `${(kind ?? '').toLowerCase()}/${name ?? ''}`),
    wide('Subobject', ({ involvedObject }) => involvedObject.fieldPath ?? ''),
    wide('Source', ({ source, reportingComponent, reportingInstance }) =>
      [source?.component || reportingComponent, source?.host || reportingInstance]
        .filter((part) => part)
        .join(', '),
    ),
    plain('Message', ({ message }) => (message ?? '').trim()),
    wide('First Seen', (event, now) => ageOf(event.firstTimestamp ?? event.eventTime, now)),
    wide('Count', ({ count, series }) => series?.count ?? count ?? 1),
    { name: 'Name', format: 'name', priority: 1, cell: ({ metadata }) => metadata.name },
  ],
  nodes: [
    plain('Status', ({ spec, status }) => {
      const ready = status?.conditions?.find(({ type }: any) => type === 'Ready')?.status === 'True';
      return `${ready ? 'Ready' : 'NotReady'}${spec.unschedulable ? ',SchedulingDisabled' : ''}`;
    }),
    plain('Roles', ({ metadata }) => {
      const prefix = 'node-role.kubernetes.io/';
      const roles = Object.keys(metadata.labels ?? {}).filter((key) => key.startsWith(prefix));
      return (
        roles
          .map((key) => key.slice(prefix.length))
          .sort()
          .join(',') || NONE
      );
    }),
    age,
    plain('Version', ({ status }) => status?.nodeInfo?.kubeletVersion ?? ''),
    wide('Internal-IP', (node) => addressOf(node, 'InternalIP')),
    wide('External-IP', (node) => addressOf(node, 'ExternalIP')),
    wide('OS-Image', ({ status }) => status?.nodeInfo?.osImage ?? '<unknown>'),
    wide('Kernel-Version', ({ status }) => status?.nodeInfo?.kernelVersion ?? '<unknown>'),
    wide('Container-Runtime', ({ status }) => status?.nodeInfo?.containerRuntimeVersion ?? '<unknown>'),
  ],
};
