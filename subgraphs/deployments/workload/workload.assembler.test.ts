import { describe, expect, it } from 'vitest';
import type { Deployment } from '../../shared/kubernetes/resources.js';
import type { DeploymentEntity } from '../deployment/deployment.entity.js';
import type { ServiceEntity } from '../service/service.entity.js';
import { defaultSpec, type ServiceSpec } from '../service/service-spec.js';
import { deploymentLabel } from './labels.js';
import { type AssembledDeployment, WorkloadAssembler } from './workload.assembler.js';

const autoscaling = { minReplicas: 1, maxReplicas: 9, cpuPercent: 80, memoryPercent: null };
const spec: ServiceSpec = { ...defaultSpec, image: 'nginx:1.27', replicas: 4, autoscaling };
const service = { id: 'service_1', name: 'web', namespace: 'shop', applicationId: 'app_1' } as ServiceEntity;

/** How many pods a deployment with an autoscaler begins with where two run, put there by one with this autoscaler. */
async function replicasAfter(before: ServiceSpec['autoscaling']): Promise<number | undefined> {
  const workload = {
    metadata: { annotations: { [deploymentLabel]: 'deployment_1' } },
    spec: { replicas: 2 },
  } as unknown as Deployment;
  const assembler = new WorkloadAssembler(
    { ingressDomain: async () => null },
    { find: async () => ({ spec: { ...spec, autoscaling: before } }) as DeploymentEntity },
    { get: async () => ({ workload }) as never },
  );
  const deployment: AssembledDeployment = {
    id: 'deployment_2',
    templateId: 'deployment_2',
    spec,
    bound: [],
    paused: false,
    baseId: null,
    canaryStep: 0,
    canarySince: null,
  };
  const objects = await assembler.assemble(service, deployment);
  return (objects.find(({ kind }) => kind === 'Deployment') as Deployment | undefined)?.spec?.replicas;
}

describe('the number of pods that a deployment with an autoscaler begins with', () => {
  it('is what the autoscaler wants', async () => {
    expect(await replicasAfter(autoscaling)).toBe(2);
  });

  it('is that of its specification where none has scaled yet, as after a canary, which leaves only a part', async () => {
    expect(await replicasAfter(null)).toBe(4);
  });
});
