import type { BoundVariables } from '../binding/bound-variables.js';
import type { CanaryState } from '../rollout/canary.js';
import type { ServiceSpec } from '../service/service-spec.js';
import { applicationLabel, managedBy, nameLabel, serviceLabel } from './labels.js';

export interface WorkloadInput {
  readonly service: { id: string; name: string; namespace: string; applicationId: string };
  readonly deployment: {
    id: string;
    /** Whose id the pod template carries. */
    templateId: string;
    spec: ServiceSpec;
    bound: readonly BoundVariables[];
    paused: boolean;
    /** Of a canary: how far it is, and what the main workload keeps running meanwhile. */
    canary: {
      state: CanaryState;
      base: { templateId: string; spec: ServiceSpec; bound: readonly BoundVariables[] };
    } | null;
  };
  /** How many pods there are to be now, by the autoscaler's will; null when none has said. */
  readonly scaledTo: number | null;
  readonly ingressDomain: string | null;
}

/** What all objects of a service have in common. */
export const metadata = ({ service }: WorkloadInput, name: string) => ({
  name,
  namespace: service.namespace,
  labels: {
    [managedBy]: 'meridian',
    [nameLabel]: service.name,
    [serviceLabel]: service.id,
    [applicationLabel]: service.applicationId,
  },
});

export const selector = ({ service }: WorkloadInput) => ({ [serviceLabel]: service.id });
