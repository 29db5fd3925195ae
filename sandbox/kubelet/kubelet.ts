import type { Clock } from '../controllers/clock.js';
import { EventRecorder } from '../controllers/event-recorder.js';
import { ObjectCache } from '../controllers/object-cache.js';
import { isPodFinished } from '../controllers/pod-condition.js';
import type { Api, StoreEvent } from '../storage/api.js';
import type { ContainerRuntime } from '../storage/runtime.js';
import { ImageStore } from './image.js';
import { hostAddress, type NodeShape, podAddress, sandboxNodes, startNodes } from './nodes.js';
import { PodRuntime } from './pod-runtime.js';
import { PodWorker } from './pod-worker.js';
import { Scheduler } from './scheduler.js';

export interface KubeletOptions {
  readonly clock: Clock;
  /** Numbers in [0, 1). */
  readonly random: () => number;
  /** How many nodes, or which. */
  readonly nodes: number | readonly NodeShape[];
  /** Multiplies every simulated duration: 1 is natural, 0.1 ten times as fast. */
  readonly pace: number;
}

const ADDRESSES = 250;

/** Starts the nodes of a cluster, the scheduler, and what runs the pods on each node. */
export function startKubelet(
  api: Api,
  options: KubeletOptions,
): { runtime: ContainerRuntime; dispose(): void } {
  const { clock, random, pace } = options;
  const shapes = typeof options.nodes === 'number' ? sandboxNodes(options.nodes) : options.nodes;
  const nodes = startNodes(api, clock, shapes);
  const images = new ImageStore();
  const workers = new Map<string, PodWorker>();
  const places = new Map(
    shapes.map(({ name }, index) => {
      let slot = 0;
      const takeAddress = () => podAddress(index, slot++ % ADDRESSES);
      const events = new EventRecorder(api, clock, { component: 'kubelet', host: name });
      return [name, { node: { name, address: hostAddress(index) }, takeAddress, events }];
    }),
  );

  const onPod = ({ type, object }: StoreEvent) => {
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
    if (place && !isPodFinished(object))
      workers.set(uid, new PodWorker({ api, clock, random, pace, images, ...place }, object));
  };
  const pods = new ObjectCache(api, 'pods');
  pods.subscribe(onPod);
  const scheduler = new Scheduler(api, clock, pace);

  return {
    runtime: new PodRuntime((pod) => workers.get(pod.metadata.uid)),
    dispose: () => {
      scheduler.dispose();
      pods.dispose();
      nodes.dispose();
      for (const worker of workers.values()) worker.dispose();
      workers.clear();
    },
  };
}
