import { type Sandbox, startSandbox } from '../../../sandbox/sandbox.js';
import { eventually } from '../../kit/wait.js';
import type { Platform, User } from './platform.js';

type Data = any;

const drainFields = `id nodeName state outcome problem reason finishedAt
  podCounts { total done blocked } remaining { namespace name state reason disruptionBudget }`;

const subscription = `subscription ($id: ID!, $after: String) {
  nodeDrain(id: $id, after: $after) {
    __typename
    ... on DrainProgressed { cursor drain { ${drainFields} } }
    ... on DrainCompleted { cursor drain { ${drainFields} } }
  } }`;

/** A sandbox of two nodes whose first is drained: what runs is put there. */
export class DrainedCluster {
  clusterId = '';

  private constructor(readonly sandbox: Sandbox) {}

  static async start(name: string): Promise<DrainedCluster> {
    return new DrainedCluster(await startSandbox({ name, pace: 0.1, nodes: 2 }));
  }

  async register(admin: User, more: object = { kubeconfig: this.sandbox.kubeconfig }): Promise<void> {
    const input = { name: this.sandbox.name, infrastructure: 'OTHER', ...more };
    this.clusterId = (await admin.clusters.mutate('registerCluster', input, 'cluster { id }')).cluster.id;
  }

  setUnschedulable(name: string, unschedulable: boolean): void {
    const node = structuredClone(this.sandbox.api.get('nodes', undefined, name)) as Data;
    node.spec.unschedulable = unschedulable;
    this.sandbox.api.update('nodes', node);
  }

  isCordoned(name: string): boolean {
    return (this.sandbox.api.get('nodes', undefined, name) as Data).spec.unschedulable === true;
  }

  /** A Deployment whose pods run on the first node, with a budget that lets none of them go when asked. */
  async run(name: string, replicas: number, options: { budget?: boolean; volumes?: object[] } = {}) {
    this.setUnschedulable('node-1', false);
    this.setUnschedulable('node-2', true);
    const labels = { app: name };
    this.sandbox.api.create('deployments', {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name, namespace: 'default' },
      spec: {
        replicas,
        selector: { matchLabels: labels },
        template: {
          metadata: { labels },
          spec: { containers: [{ name: 'c', image: 'nginx:1' }], volumes: options.volumes ?? [] },
        },
      },
    });
    if (options.budget) {
      this.sandbox.api.create('poddisruptionbudgets', {
        apiVersion: 'policy/v1',
        kind: 'PodDisruptionBudget',
        metadata: { name: `${name}-budget`, namespace: 'default' },
        spec: { minAvailable: replicas, selector: { matchLabels: labels } },
      });
    }
    await eventually(() => this.readyOn('node-1', name) === replicas, {
      seconds: 60,
      what: `pods of ${name}`,
    });
    await eventually(() => !options.budget || this.#budget(name).status?.expectedPods === replicas);
    this.setUnschedulable('node-2', false);
  }

  allow(name: string): void {
    this.sandbox.api.remove('poddisruptionbudgets', 'default', `${name}-budget`);
  }

  pods(node: string, app: string): Data[] {
    return (this.sandbox.api.list('pods', { namespace: 'default' }) as Data[]).filter(
      (pod) => pod.spec.nodeName === node && pod.metadata.labels?.app === app,
    );
  }

  readyOn(node: string, app: string): number {
    return this.pods(node, app).filter((pod) =>
      pod.status.conditions?.some(({ type, status }: Data) => type === 'Ready' && status === 'True'),
    ).length;
  }

  async drain(user: User, more: object = {}): Promise<Data> {
    const input = { clusterId: this.clusterId, nodeName: 'node-1', ...more };
    return (await user.clusters.mutate('drainNode', input, `drain { ${drainFields} }`)).drain;
  }

  async read(user: User, id: string): Promise<Data> {
    return (await user.clusters.query(`query ($id: ID!) { nodeDrain(id: $id) { ${drainFields} } }`, { id }))
      .nodeDrain;
  }

  /** The drain as soon as it is so. */
  until(user: User, id: string, condition: (drain: Data) => unknown): Promise<Data> {
    return eventually(
      async () => {
        const drain = await this.read(user, id);
        return condition(drain) && drain;
      },
      { seconds: 60, what: 'that state of the drain' },
    );
  }

  #budget(name: string): Data {
    return this.sandbox.api.get('poddisruptionbudgets', 'default', `${name}-budget`);
  }
}

export const follow = (user: User, id: string, after: string | null = null) => {
  const controller = new AbortController();
  const events = user.clusters.subscribe(subscription, { id, after }, controller.signal);
  return { events, end: () => controller.abort() };
};

export const endsOf = (platform: Platform, clusterId: string): Promise<Data[]> =>
  platform.sql(`SELECT * FROM audit.event WHERE action = 'drainNode.end' AND target_id = $1`, [
    `${clusterId}/node-1`,
  ]);
