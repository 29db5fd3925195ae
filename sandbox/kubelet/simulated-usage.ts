import { createHash } from 'node:crypto';
import type { Clock } from '../controllers/clock.js';
import type { ObjectCache } from '../controllers/object-cache.js';
import { controllerOf } from '../controllers/ownership.js';
import { isPodReady } from '../controllers/pod-condition.js';
import { toNumber } from '../controllers/quantity.js';
import type { Api, KubernetesObject } from '../storage/api.js';
import type { ContainerUsage, NodeMeasure, UsageSource } from '../storage/runtime.js';
import { readUsageSteering } from './faults.js';
import { parseImage } from './image.js';
import { programOf } from './programs/catalogue.js';

const MEBIBYTE = 2 ** 20;
/** A measured value stays the same for so long, as with metrics-server's resolution. */
const WINDOW_MS = 15_000;
const WARM_UP_MS = 60_000;

/** What a program needs when little is asked of it: CPU in millicores, memory in MiB. */
const IDLE: Readonly<Record<string, { cpu: number; memory: number }>> = {
  nginx: { cpu: 3, memory: 9 },
  redis: { cpu: 4, memory: 14 },
  mysql: { cpu: 12, memory: 380 },
  postgres: { cpu: 9, memory: 64 },
  rabbitmq: { cpu: 18, memory: 140 },
  app: { cpu: 25, memory: 96 },
};
const TOOL = { cpu: 0.2, memory: 1.5 };
/** Of a machine without pods: kubelet, runtime, kernel. */
const SYSTEM = { cpu: 90, memory: 620 };

/**
 * What containers use, without running any: plausible for the program, the same for the same pod and window, and
 * what the annotations of faults.ts say. Nothing is kept or ticks; each answer is computed when it is asked for.
 */
export class SimulatedUsage implements UsageSource {
  constructor(
    private readonly api: Api,
    private readonly clock: Clock,
    /** Indexed by `node/<name>` and by the uid of the controller. */
    private readonly pods: ObjectCache,
  ) {}

  ofPod(pod: KubernetesObject): readonly ContainerUsage[] {
    const running = runningContainers(pod);
    const asked = this.askedOf(pod);
    return running.map(({ spec, startedAt }, index) =>
      this.ofContainer(pod, spec, startedAt, {
        cpu: asked.cpu === undefined ? undefined : index === 0 ? asked.cpu : 0,
        memory: asked.memory === undefined ? undefined : asked.memory / running.length,
      }),
    );
  }

  ofNode(node: string): NodeMeasure {
    const used = this.pods.by(`node/${node}`).flatMap((pod) => this.ofPod(pod));
    const noise = 0.9 + 0.2 * fraction(`${node} ${this.window}`);
    return {
      cpuNanocores: Math.round(SYSTEM.cpu * noise * 1e6 + sum(used.map(({ cpuNanocores }) => cpuNanocores))),
      memoryBytes: SYSTEM.memory * MEBIBYTE + sum(used.map(({ memoryBytes }) => memoryBytes)),
    };
  }

  private get window(): number {
    return Math.floor(this.clock.now() / WINDOW_MS);
  }

  private ofContainer(
    pod: KubernetesObject,
    spec: any,
    startedAt: number,
    asked: { cpu: number | undefined; memory: number | undefined },
  ): ContainerUsage {
    const idle = idleOf(spec);
    const key = `${pod.metadata.uid}/${spec.name}`;
    const noise = (scale: number, salt: string): number =>
      1 - scale + 2 * scale * fraction(`${key} ${salt} ${this.window}`);
    const warmth = 0.6 + 0.4 * Math.min(1, Math.max(0, this.clock.now() - startedAt) / WARM_UP_MS);
    const cpu = asked.cpu ?? idle.cpu * noise(0.3, 'cpu');
    const memory = asked.memory ?? idle.memory * warmth * noise(0.02, 'memory');
    const limits = spec.resources?.limits ?? {};
    const most = (quantity: string | undefined): number =>
      quantity === undefined ? Number.POSITIVE_INFINITY : toNumber(quantity);
    return {
      name: spec.name,
      cpuNanocores: Math.round(Math.min(cpu * 1e6, most(limits.cpu) * 1e9)),
      memoryBytes: Math.round(Math.min(memory * MEBIBYTE, most(limits.memory) * 0.97)),
    };
  }

  /** What annotations ask of the pod itself, or its share of what they ask of the workload it belongs to. */
  private askedOf(pod: KubernetesObject): { cpu: number | undefined; memory: number | undefined } {
    const own = readUsageSteering(pod);
    const workload = own.cpu === undefined ? this.workloadOf(pod) : undefined;
    const load = workload && readUsageSteering(workload).load;
    if (load === undefined || !workload) return { cpu: own.cpu, memory: own.memory };
    const ready = this.podsOf(workload).filter(isPodReady).length;
    return { cpu: isPodReady(pod) ? load / Math.max(1, ready) : undefined, memory: own.memory };
  }

  private workloadOf(pod: KubernetesObject): KubernetesObject | undefined {
    const { namespace } = pod.metadata;
    const owner = controllerOf(pod);
    const resource = owner ? WORKLOADS[owner.kind] : undefined;
    if (!owner || !resource) return undefined;
    const first = this.api.get(resource, namespace, owner.name);
    const parent = first && controllerOf(first);
    return parent?.kind === 'Deployment' ? this.api.get('deployments', namespace, parent.name) : first;
  }

  private podsOf(workload: KubernetesObject): KubernetesObject[] {
    const direct = this.pods.by(workload.metadata.uid);
    if (workload.kind !== 'Deployment') return direct;
    const { namespace } = workload.metadata;
    return this.api
      .list('replicasets', { ...(namespace && { namespace }) })
      .filter((replicaSet) => controllerOf(replicaSet)?.uid === workload.metadata.uid)
      .flatMap(({ metadata }) => this.pods.by(metadata.uid));
  }
}

const WORKLOADS: Readonly<Record<string, string>> = {
  ReplicaSet: 'replicasets',
  StatefulSet: 'statefulsets',
  DaemonSet: 'daemonsets',
};

/** Sidecars run beside the main containers and are measured with them. */
function runningContainers({ spec, status }: KubernetesObject): { spec: any; startedAt: number }[] {
  const statuses: any[] = [...(status?.containerStatuses ?? []), ...(status?.initContainerStatuses ?? [])];
  return [...spec.containers, ...(spec.initContainers ?? [])].flatMap((container: any) => {
    const running = statuses.find(({ name }) => name === container.name)?.state?.running;
    return running ? [{ spec: container, startedAt: Date.parse(running.startedAt) }] : [];
  });
}

function idleOf(container: any): { cpu: number; memory: number } {
  const [command] = container.command ?? [];
  if (command !== undefined && /(^|\/)(ba|a)?sh$|sleep$/.test(command)) return TOOL;
  try {
    return IDLE[programOf(parseImage(container.image)).name] ?? TOOL;
  } catch {
    return TOOL;
  }
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** A number in [0, 1) that belongs to the text. */
const fraction = (text: string): number => createHash('md5').update(text).digest().readUInt32BE(0) / 2 ** 32;
