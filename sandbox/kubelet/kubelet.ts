import { type Clock, pacedClock } from '../controllers/clock.js';
import { EventRecorder } from '../controllers/event-recorder.js';
import { ObjectCache } from '../controllers/object-cache.js';
import { controllerOf } from '../controllers/ownership.js';
import { isPodFinished } from '../controllers/pod-condition.js';
import type { Api, KubernetesObject, StoreEvent } from '../storage/api.js';
import type { ContainerRuntime, UsageSource } from '../storage/runtime.js';
import { ImageStore } from './image.js';
import { NodeAgents } from './node-agents.js';
import { NodePressure } from './node-pressure.js';
import { hostAddress, type NodeShape, networkOf, registerNodes, sandboxNodes } from './nodes.js';
import { PodRuntime } from './pod-runtime.js';
import { type PodPlace, PodWorker } from './pod-worker.js';
import { Scheduler } from './scheduler.js';
import { SimulatedUsage } from './simulated-usage.js';

export interface KubeletOptions {
  readonly clock: Clock;
  /** Numbers in [0, 1). */
  readonly random: () => number;
  /** How many nodes, or which. */
  readonly nodes: number | readonly NodeShape[];
  /** Multiplies every simulated duration: 1 is natural, 0.1 ten times as fast. */
  readonly pace: number;
  /**
   * Multiplies, besides the pace, what nodes need by themselves to pull, create, start and remove, but not what a
   * specification names: 1, the default, is an ordinary machine.
   */
  readonly latency?: number;
}

export interface Kubelet {
  readonly runtime: ContainerRuntime;
  readonly usage: UsageSource;
  dispose(): void;
}

/** Starts the nodes of a cluster, the scheduler, and what runs the pods on each node. */
export function startKubelet(api: Api, options: KubeletOptions): Kubelet {
  const { random, pace, latency = 1 } = options;
  const clock = pacedClock(options.clock, pace);
  const shapes = typeof options.nodes === 'number' ? sandboxNodes(options.nodes) : options.nodes;
  const network = networkOf(shapes);
  registerNodes(api, clock, shapes, network);
  const workers = new Map<string, PodWorker>();
  const pods = new ObjectCache(api, 'pods', podIndex);
  const nodes = new ObjectCache(api, 'nodes');
  const usage = new SimulatedUsage(api, clock, pods);
  const pressure = new NodePressure(clock, pods, usage, (pod, eviction) =>
    workers.get(pod.metadata.uid)?.evict(eviction),
  );
  const names = shapes.map(({ name }) => name);
  const agents = new NodeAgents(api, clock, nodes, names, (node, faults) => {
    pressure.update(node, faults);
    for (const pod of pods.by(`node/${node}`)) workers.get(pod.metadata.uid)?.nodeChanged();
  });

  const images = new ImageStore();
  const places = new Map(
    names.map((name, index): [string, PodPlace] => {
      let slot = 0;
      const takeAddress = () => network.addressOf(index, slot++);
      const events = new EventRecorder(api, clock, { component: 'kubelet', host: name });
      const node = { name, address: hostAddress(index), faults: () => agents.faultsOf(name) };
      return [name, { api, clock, random, pace, latency, images, node, takeAddress, events }];
    }),
  );
  pods.subscribe(({ type, object }: StoreEvent) => {
    const { uid } = object.metadata;
    const worker = workers.get(uid);
    if (type === 'DELETED') {
      worker?.dispose();
      workers.delete(uid);
      return;
    }
    if (worker) {
      worker.update(object);
      return;
    }
    const place = places.get(object['spec'].nodeName);
    if (place && !isPodFinished(object)) workers.set(uid, new PodWorker(place, object));
  });
  const scheduler = new Scheduler(api, clock);

  return {
    runtime: new PodRuntime((pod) => workers.get(pod.metadata.uid)),
    usage,
    dispose: () => {
      for (const part of [scheduler, agents, pressure, pods, nodes]) part.dispose();
      for (const worker of workers.values()) worker.dispose();
      workers.clear();
    },
  };
}

const podIndex = (pod: KubernetesObject): string[] => [
  `node/${pod['spec'].nodeName}`,
  controllerOf(pod)?.uid ?? '',
];
