import { createWorkload, nodesFor, planWorkloads } from '../../sandbox/sample-workloads.js';
import { type Sandbox, startSandbox } from '../../sandbox/sandbox.js';
import type { Api } from '../../sandbox/storage/api.js';

const SEED = 1;
const PODS_PER_NODE = 100;

export interface Plan {
  readonly sandbox: Sandbox;
  /** Creates the Deployments, with a Service each; controllers, scheduler and kubelets start the pods. */
  fill(): void;
  isReady(): boolean;
}

/** A sandbox that has room for so many healthy pods. */
export const planSandbox = async (name: string, pods: number, pace = 1): Promise<Plan> => {
  const plan = planWorkloads(pods, 0, SEED);
  const nodes = nodesFor(Math.ceil(pods / PODS_PER_NODE), plan);
  const sandbox = await startSandbox({ name, seed: SEED, nodes, pace });
  const { api } = sandbox;
  return {
    sandbox,
    fill: () => {
      for (const workload of plan) {
        createWorkload(api, workload);
        createService(api, workload);
      }
    },
    isReady: () => readyPods(api) >= pods,
  };
};

const createService = (api: Api, { namespace, name }: { namespace: string; name: string }): void => {
  const selector = { 'app.kubernetes.io/name': name };
  const spec = { selector, ports: [{ name: 'http', port: 80, targetPort: 'http' }] };
  api.create('services', { metadata: { name, namespace, labels: selector }, spec });
};

const readyPods = (api: Api): number =>
  api.list('deployments').reduce((sum, deployment) => sum + (deployment['status']?.readyReplicas ?? 0), 0);
