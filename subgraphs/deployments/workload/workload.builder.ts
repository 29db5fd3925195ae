import type { KubernetesObject } from '../../shared/kubernetes/wire.js';
import { sharesOf, stageOf } from '../rollout/canary.js';
import { buildAutoscaler } from './autoscaler.builder.js';
import { buildCanary, buildClaim, buildConfigMap, buildDeployment } from './deployment.builder.js';
import { buildIngress, buildInternalService, buildPublicService } from './network.builder.js';
import type { WorkloadInput } from './workload-input.js';

/**
 * The Kubernetes objects of a service, in the order to apply them: what pods need and the ways in first, then the
 * Deployments, so that nothing starts when the cluster refuses one of them; what scales them last. A pure function.
 *
 * A canary is a second Deployment beside the main one, behind the same Services: what is old and what is new shares the
 * requests by number of pods. Until its steps are passed, the ways in are those of what it is to replace.
 */
export function buildWorkload(input: WorkloadInput): KubernetesObject[] {
  const { canary, spec } = input.deployment;
  if (!canary) {
    return [...prerequisites(input), ...network(input), buildDeployment(input), ...buildAutoscaler(input)];
  }
  const shares = sharesOf(canary.state, spec.replicas);
  const canaries = shares.canary > 0 ? [buildCanary(input, shares.canary)] : [];
  if (stageOf(canary.state) !== 'STEP') {
    return [...prerequisites(input), ...network(input), ...canaries, buildDeployment(input)];
  }
  const { base } = canary;
  const main: WorkloadInput = {
    ...input,
    deployment: {
      ...input.deployment,
      ...base,
      spec: { ...base.spec, replicas: shares.main, autoscaling: null },
      canary: null,
    },
  };
  return [
    ...unique([...prerequisites(main), ...prerequisites(input)]),
    ...network(main),
    ...canaries,
    buildDeployment(main),
  ];
}

function prerequisites(input: WorkloadInput): KubernetesObject[] {
  const { spec } = input.deployment;
  return [
    ...(spec.files.some(({ content }) => content !== null) ? [buildConfigMap(input)] : []),
    ...spec.volumes.flatMap((volume) => (volume.size === null ? [] : [buildClaim(input, volume)])),
  ];
}

const network = (input: WorkloadInput): KubernetesObject[] => [
  ...(input.deployment.spec.ports.length > 0 ? [buildInternalService(input)] : []),
  ...buildPublicService(input),
  ...buildIngress(input),
];

/** Old and new may want the same claim: the newest wish counts. */
function unique(objects: readonly KubernetesObject[]): KubernetesObject[] {
  const byName = new Map(objects.map((object) => [`${object.kind} ${object.metadata?.name}`, object]));
  return [...byName.values()];
}
