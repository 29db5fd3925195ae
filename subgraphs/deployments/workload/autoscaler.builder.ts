import type { HorizontalPodAutoscaler } from '../../shared/kubernetes/resources.js';
import { metadata, type WorkloadInput } from './workload-input.js';

/** Scales the service's Deployment; none when the service has a fixed number of pods. */
export function buildAutoscaler(input: WorkloadInput): HorizontalPodAutoscaler[] {
  const { autoscaling } = input.deployment.spec;
  if (!autoscaling) return [];
  const { name } = input.service;
  const targets = [
    ['cpu', autoscaling.cpuPercent],
    ['memory', autoscaling.memoryPercent],
  ] as const;
  return [
    {
      apiVersion: 'autoscaling/v2',
      kind: 'HorizontalPodAutoscaler',
      metadata: metadata(input, name),
      spec: {
        scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name },
        minReplicas: autoscaling.minReplicas,
        maxReplicas: autoscaling.maxReplicas,
        metrics: targets.flatMap(([resource, percent]) =>
          percent === null
            ? []
            : [
                {
                  type: 'Resource',
                  resource: {
                    name: resource,
                    target: { type: 'Utilization', averageUtilization: percent },
                  },
                },
              ],
        ),
      },
    },
  ];
}
