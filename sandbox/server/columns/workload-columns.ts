import { ageOf, humanDuration } from '../age.js';
import { podReadiness, podReason, podRestarts } from '../pod-summary.js';
import {
  age,
  type Column,
  count,
  formatLabels,
  NONE,
  plain,
  selectorColumn,
  templateColumns,
  wide,
} from './column.js';

const ofTemplate = templateColumns(({ spec }) => spec.template.spec);

export const workloadColumns: Readonly<Record<string, readonly Column[]>> = {
  pods: [
    plain('Ready', podReadiness),
    plain('Status', podReason),
    plain('Restarts', podRestarts),
    age,
    wide('IP', ({ status }) => status?.podIP ?? NONE),
    wide('Node', ({ spec }) => spec.nodeName ?? NONE),
    wide('Nominated Node', ({ status }) => status?.nominatedNodeName ?? NONE),
    wide('Readiness Gates', ({ spec, status }) => readinessGates(spec.readinessGates, status?.conditions)),
  ],
  deployments: [
    plain('Ready', ({ spec, status }) => `${status.readyReplicas ?? 0}/${spec.replicas}`),
    plain('Up-to-date', ({ status }) => status.updatedReplicas ?? 0),
    plain('Available', ({ status }) => status.availableReplicas ?? 0),
    age,
    ...ofTemplate,
    selectorColumn,
  ],
  replicasets: [
    count('Desired', ({ spec }) => spec.replicas),
    count('Current', ({ status }) => status.replicas),
    count('Ready', ({ status }) => status.readyReplicas ?? 0),
    age,
    ...ofTemplate,
    selectorColumn,
  ],
  statefulsets: [
    plain('Ready', ({ spec, status }) => `${status.readyReplicas ?? 0}/${spec.replicas}`),
    age,
    ...ofTemplate,
  ],
  daemonsets: [
    count('Desired', ({ status }) => status.desiredNumberScheduled),
    count('Current', ({ status }) => status.currentNumberScheduled),
    count('Ready', ({ status }) => status.numberReady),
    count('Up-to-date', ({ status }) => status.updatedNumberScheduled ?? 0),
    count('Available', ({ status }) => status.numberAvailable ?? 0),
    plain('Node Selector', ({ spec }) => formatLabels(spec.template.spec.nodeSelector)),
    age,
    ...ofTemplate,
    selectorColumn,
  ],
  jobs: [
    plain('Status', ({ metadata, status }) => jobStatus(metadata, status)),
    plain('Completions', ({ spec, status }) => completions(spec, status)),
    plain('Duration', ({ status }, now) => jobDuration(status, now)),
    age,
    ...ofTemplate,
    selectorColumn,
  ],
  cronjobs: [
    plain('Schedule', ({ spec }) => spec.schedule),
    plain('Timezone', ({ spec }) => spec.timeZone ?? NONE),
    plain('Suspend', ({ spec }) => (spec.suspend ? 'True' : 'False')),
    count('Active', ({ status }) => status?.active?.length ?? 0),
    plain('Last Schedule', ({ status }, now) =>
      status?.lastScheduleTime ? ageOf(status.lastScheduleTime, now) : NONE,
    ),
    age,
    ...templateColumns(({ spec }) => spec.jobTemplate.spec.template.spec),
    wide('Selector', ({ spec }) => formatLabels(spec.jobTemplate.spec.selector?.matchLabels)),
  ],
  controllerrevisions: [
    plain('Controller', ({ metadata }) => {
      const owner = metadata.ownerReferences?.find(({ controller }: any) => controller);
      const group = owner?.apiVersion.includes('/') ? `.${owner.apiVersion.split('/')[0]}` : '';
      return owner ? `${owner.kind.toLowerCase()}${group}/${owner.name}` : NONE;
    }),
    plain('Revision', ({ revision }) => revision),
    age,
  ],
};

const readinessGates = (gates: any[] | undefined, conditions: any[] = []): string => {
  if (!gates?.length) return NONE;
  const met = gates.filter(({ conditionType }) =>
    conditions.some(({ type, status }) => type === conditionType && status === 'True'),
  );
  return `${met.length}/${gates.length}`;
};

const JOB_ENDS = ['Complete', 'Failed', 'SuccessCriteriaMet', 'FailureTarget'];

const jobStatus = (metadata: any, { conditions = [] }: any): string => {
  const isTrue = (wanted: string): boolean =>
    conditions.some(({ type, status }: any) => type === wanted && status === 'True');
  const end = JOB_ENDS.find(isTrue);
  if (end) return end;
  if (metadata.deletionTimestamp) return 'Terminating';
  return isTrue('Suspended') ? 'Suspended' : 'Running';
};

const completions = (spec: any, { succeeded = 0 }: any): string => {
  if (spec.completions !== undefined) return `${succeeded}/${spec.completions}`;
  return spec.parallelism > 1 ? `${succeeded}/1 of ${spec.parallelism}` : `${succeeded}/1`;
};

const jobDuration = ({ startTime, completionTime }: any, now: number): string =>
  startTime ? humanDuration((completionTime ? Date.parse(completionTime) : now) - Date.parse(startTime)) : '';
