import { ageOf } from '../age.js';
import { age, type Column, NONE, plain, wide } from './column.js';

const lastSeen = ({ series, lastTimestamp, eventTime }: any): string | undefined =>
  series?.lastObservedTime ?? lastTimestamp ?? eventTime;

const addressOf = (node: any, type: string): string =>
  node.status?.addresses?.find((each: any) => each.type === type)?.address ?? NONE;

const ROLE = 'node-role.kubernetes.io/';

const nodeStatus = ({ spec, status }: any): string => {
  const ready = status?.conditions?.find(({ type }: any) => type === 'Ready');
  const state = ready === undefined ? 'Unknown' : ready.status === 'True' ? 'Ready' : 'NotReady';
  return `${state}${spec.unschedulable ? ',SchedulingDisabled' : ''}`;
};

const nodeRoles = ({ metadata }: any): string =>
  Object.keys(metadata.labels ?? {})
    .filter((key) => key.startsWith(ROLE))
    .map((key) => key.slice(ROLE.length))
    .sort()
    .join(',') || NONE;

const kernel = ({ status }: any): string => {
  const { kernelVersion, architecture } = status?.nodeInfo ?? {};
  if (!kernelVersion) return '<unknown>';
  return architecture ? `${kernelVersion} (${architecture})` : kernelVersion;
};

export const clusterColumns: Readonly<Record<string, readonly Column[]>> = {
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
    plain('Status', nodeStatus),
    plain('Roles', nodeRoles),
    age,
    plain('Version', ({ status }) => status?.nodeInfo?.kubeletVersion ?? ''),
    wide('Internal-IP', (node) => addressOf(node, 'InternalIP')),
    wide('External-IP', (node) => addressOf(node, 'ExternalIP')),
    wide('OS-Image', ({ status }) => status?.nodeInfo?.osImage ?? '<unknown>'),
    wide('Kernel-Version', kernel),
    wide('Container-Runtime', ({ status }) => status?.nodeInfo?.containerRuntimeVersion ?? '<unknown>'),
  ],
  leases: [plain('Holder', ({ spec }) => spec?.holderIdentity ?? ''), age],
  priorityclasses: [
    plain('Value', ({ value }) => value),
    plain('Global-Default', ({ globalDefault }) => String(globalDefault ?? false)),
    age,
    plain('PreemptionPolicy', ({ preemptionPolicy }) => preemptionPolicy ?? ''),
  ],
  apiservices: [
    plain('Service', ({ spec }) =>
      spec.service ? `${spec.service.namespace}/${spec.service.name}` : 'Local',
    ),
    plain('Available', ({ status }) => {
      const available = status?.conditions?.find(({ type }: any) => type === 'Available');
      if (!available) return 'Unknown';
      return available.status === 'True' ? 'True' : `${available.status} (${available.reason})`;
    }),
    age,
  ],
};
