import type { View } from './view.js';

const PREFIX = 'autoscaling.alpha.kubernetes.io/';
/** What autoscaling/v1 has no field for travels in these annotations. */
const annotationNames = {
  metrics: `${PREFIX}metrics`,
  behavior: `${PREFIX}behavior`,
  conditions: `${PREFIX}conditions`,
  currentMetrics: `${PREFIX}current-metrics`,
};

/** autoscaling/v1: one target, the share of requested CPU; the rest of autoscaling/v2 as annotations. */
export const autoscalingV1View: View = {
  resource: 'horizontalpodautoscalers',
  group: 'autoscaling',
  version: 'v1',
  model: 'V1HorizontalPodAutoscaler',
  fieldSelectors: ['metadata.name', 'metadata.namespace'],
  show: ({ spec, status = {}, metadata, ...same }) => {
    const { metrics = [], behavior, ...rest } = spec;
    const { currentMetrics, conditions, ...counts } = status;
    const target = metrics.find(isCpuUtilization);
    const measured = (currentMetrics ?? []).find(isCpuMeasure);
    const annotations = {
      ...metadata.annotations,
      ...annotation('metrics', without(metrics, target)),
      ...annotation('behavior', behavior),
      ...annotation('conditions', conditions?.map(inGoOrder)),
      ...annotation('currentMetrics', without(currentMetrics ?? [], measured)),
    };
    return {
      ...same,
      apiVersion: 'autoscaling/v1',
      metadata: { ...metadata, ...(Object.keys(annotations).length > 0 ? { annotations } : {}) },
      spec: {
        ...rest,
        ...(target ? { targetCPUUtilizationPercentage: target.resource.target.averageUtilization } : {}),
      },
      status: {
        currentReplicas: 0,
        ...counts,
        ...(measured
          ? { currentCPUUtilizationPercentage: measured.resource.current.averageUtilization }
          : {}),
      },
    };
  },
  store: (draft) => {
    const { targetCPUUtilizationPercentage: share, ...spec } = draft.spec ?? {};
    const { currentCPUUtilizationPercentage: _measured, ...counts } = draft.status ?? {};
    const given = draft.metadata?.annotations ?? {};
    const annotations = Object.fromEntries(
      Object.entries(given).filter(([name]) => !Object.values(annotationNames).includes(name)),
    );
    const metrics = [
      ...(share === undefined || share === null ? [] : [cpuUtilization(share)]),
      ...((read(given, 'metrics') as object[] | undefined) ?? []),
    ];
    const behavior = read(given, 'behavior');
    return {
      ...draft,
      apiVersion: 'autoscaling/v2',
      metadata: { ...draft.metadata, ...(draft.metadata?.annotations ? { annotations } : {}) },
      spec: { ...spec, ...(metrics.length > 0 ? { metrics } : {}), ...(behavior ? { behavior } : {}) },
      ...(draft.status
        ? {
            status: {
              ...counts,
              conditions: read(given, 'conditions'),
              currentMetrics: read(given, 'currentMetrics'),
            },
          }
        : {}),
    };
  },
};

/** The annotation is text, so that the order of its fields shows. */
const inGoOrder = ({ type, status, lastTransitionTime, reason, message }: any): object => ({
  type,
  status,
  lastTransitionTime,
  reason,
  message,
});

const cpuUtilization = (averageUtilization: number): object => ({
  type: 'Resource',
  resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization } },
});

const isCpuUtilization = ({ type, resource }: any): boolean =>
  type === 'Resource' && resource.name === 'cpu' && resource.target.averageUtilization !== undefined;

const isCpuMeasure = ({ type, resource }: any): boolean =>
  type === 'Resource' && resource.name === 'cpu' && resource.current.averageUtilization !== undefined;

const without = (list: readonly unknown[], item: unknown): unknown[] | undefined => {
  const rest = list.filter((each) => each !== item);
  return rest.length > 0 ? rest : undefined;
};

const annotation = (name: keyof typeof annotationNames, value: unknown): Record<string, string> =>
  value === undefined ? {} : { [annotationNames[name]]: JSON.stringify(value) };

/** Undefined when it is absent or was written by hand and is no JSON. */
const read = (annotations: Record<string, string>, name: keyof typeof annotationNames): unknown => {
  try {
    return JSON.parse(annotations[annotationNames[name]] ?? '');
  } catch {
    return undefined;
  }
};
