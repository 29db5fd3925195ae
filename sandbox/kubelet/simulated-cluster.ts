import { readFileSync } from 'node:fs';
import { startControllers } from '../controllers/controllers.js';
import { ManualClock } from '../controllers/manual-clock.js';
import type { Draft, KubernetesObject, StoreEvent } from '../storage/api.js';
import { openStorage } from '../storage/open-storage.js';
import { seededRandom } from '../storage/random.js';
import { startKubelet } from './kubelet.js';

/** Of real time: the machine may be busy with other tests. */
export const PATIENCE_MS = 40_000;

export interface ClusterOptions {
  readonly nodes?: number;
  readonly pace?: number;
  readonly latency?: number;
  /** Whether resource metrics are there; they are not unless asked for. */
  readonly metrics?: boolean;
  readonly storageClasses?: readonly Draft[];
}

/** For tests: a whole cluster over the real storage, with a clock that stands still until it is advanced. */
export function simulateCluster(options: ClusterOptions = {}) {
  const { nodes = 1, pace = 1, latency = 1, storageClasses } = options;
  const clock = new ManualClock();
  const random = seededRandom(42);
  const storage = openStorage({ now: () => clock.now(), random });
  const api = storage.registry;
  const kubelet = startKubelet(api, { clock, random, nodes, pace, latency });
  const controllers = startControllers(api, {
    clock,
    pace,
    usage: options.metrics ? kubelet.usage : undefined,
    ...(storageClasses && { storageClasses }),
  });
  api.create('namespaces', { metadata: { name: 'demo' } });

  const pods = (app?: string) => api.list('pods', { namespace: 'demo', ...(app && { labels: { app } }) });
  const events = (kind?: string) =>
    api
      .list('events', { namespace: 'demo' })
      .filter((event) => !kind || event['involvedObject'].kind === kind)
      .sort((a, b) => Number(a.metadata.resourceVersion) - Number(b.metadata.resourceVersion));
  return {
    api,
    clock,
    runtime: kubelet.runtime,
    usage: kubelet.usage,
    pods,
    events,
    /**
     * Advances until the condition holds; fails after the given simulated time. Scripts in containers load parts of
     * the shell when they first need them, in real time: they are waited for before giving up.
     */
    async until(condition: () => boolean, ms = 120_000): Promise<void> {
      const patience = Date.now() + PATIENCE_MS;
      for (let waited = 0; !condition(); waited += 10) {
        if (waited > ms) {
          if (Date.now() > patience)
            throw new Error(`the condition did not come about within ${ms} ms of simulated time`);
          await new Promise((resolve) => setTimeout(resolve, 5));
        }
        await clock.advance(10);
      }
    },
    /** Every later version of the resource's objects, in order. */
    record(resource: string): StoreEvent[] {
      const seen: StoreEvent[] = [];
      api.watch(resource, (event) => seen.push(event));
      return seen;
    },
    change(resource: string, name: string, edit: (draft: Draft) => void): KubernetesObject {
      const draft = structuredClone(api.get(resource, 'demo', name)) as unknown as Draft;
      edit(draft);
      return api.update(resource, draft);
    },
    dispose(): void {
      kubelet.dispose();
      controllers.dispose();
      storage.dispose();
    },
  };
}

export type SimulatedCluster = ReturnType<typeof simulateCluster>;

/** A recorded scenario of a real cluster. */
export const readCapture = (name: string): { exchanges: any[] } =>
  JSON.parse(
    readFileSync(new URL(`../../../shared/kubernetes-captures/${name}.json`, import.meta.url), 'utf8'),
  );

/** The objects of a recorded watch. */
export const capturedEvents = (exchange: any): { type: string; object: any }[] =>
  exchange.events.map(({ line }: any) => (typeof line === 'string' ? JSON.parse(line) : line));

export const deploymentDraft = (
  name: string,
  spec: Record<string, any> = {},
  container: Record<string, any> = {},
): Draft => ({
  metadata: { name, namespace: 'demo' },
  spec: {
    replicas: 1,
    selector: { matchLabels: { app: name } },
    ...spec,
    template: {
      metadata: { labels: { app: name }, ...spec['template']?.metadata },
      spec: {
        terminationGracePeriodSeconds: 2,
        ...spec['template']?.spec,
        containers: [{ name: 'main', image: 'nginx:1.27', ...container }],
      },
    },
  },
});
