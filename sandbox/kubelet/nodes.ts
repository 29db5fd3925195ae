import { type Clock, type TimerHandle, timestamp } from '../controllers/clock.js';
import { draftOf } from '../controllers/draft.js';
import type { Condition } from '../controllers/pod-condition.js';
import type { Api, Draft } from '../storage/api.js';

/** A machine to simulate. */
export interface NodeShape {
  readonly name: string;
  readonly cpu: string;
  readonly memory: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly taints?: readonly { key: string; value?: string; effect: string }[];
  readonly isControlPlane?: boolean;
}

const ZONES = ['a', 'b', 'c'];
const HEARTBEAT_MS = 300_000;
const MAX_PODS = 110;

/** `node-1`, `node-2`, … in three zones, with 8 CPUs and 32 GiB each. */
export const sandboxNodes = (count: number): NodeShape[] =>
  Array.from({ length: count }, (_, index) => ({
    name: `node-${index + 1}`,
    cpu: '8',
    memory: '32Gi',
    labels: {
      'node.kubernetes.io/instance-type': 'sandbox.large',
      'topology.kubernetes.io/region': 'sandbox',
      'topology.kubernetes.io/zone': `sandbox-${ZONES[index % ZONES.length]}`,
    },
  }));

/** The addresses that the node with this index and its pods have. */
export const hostAddress = (index: number): string => `10.10.${Math.floor(index / 250)}.${(index % 250) + 1}`;

export const podAddress = (index: number, slot: number): string => {
  const offset = index * 256 + 2 + slot;
  return `10.${244 + Math.floor(offset / 65536)}.${Math.floor(offset / 256) % 256}.${offset % 256}`;
};

/** Registers the nodes and keeps their heartbeats fresh, as often as a kubelet without news does. */
export function startNodes(api: Api, clock: Clock, shapes: readonly NodeShape[]): { dispose(): void } {
  shapes.forEach((shape, index) => {
    const existing = api.get('nodes', undefined, shape.name);
    const node = existing ?? api.create('nodes', nodeDraft(shape, index));
    api.update('nodes', { ...draftOf(node), status: nodeStatus(shape, index, clock.now()) }, 'status');
  });
  let timer: TimerHandle;
  const beat = () => {
    for (const { name } of shapes) {
      const node = api.get('nodes', undefined, name);
      if (!node) continue;
      const draft = draftOf(node);
      const lastHeartbeatTime = timestamp(clock.now());
      const conditions: Condition[] = node['status'].conditions;
      draft['status'].conditions = conditions.map((condition) => ({ ...condition, lastHeartbeatTime }));
      api.update('nodes', draft, 'status');
    }
    timer = clock.setTimeout(beat, HEARTBEAT_MS);
  };
  timer = clock.setTimeout(beat, HEARTBEAT_MS);
  return { dispose: () => clock.clear(timer) };
}

function nodeDraft(shape: NodeShape, index: number): Draft {
  const role = shape.isControlPlane ? { 'node-role.kubernetes.io/control-plane': '' } : {};
  return structuredClone({
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name: shape.name,
      labels: {
        'beta.kubernetes.io/arch': 'amd64',
        'beta.kubernetes.io/os': 'linux',
        'kubernetes.io/arch': 'amd64',
        'kubernetes.io/hostname': shape.name,
        'kubernetes.io/os': 'linux',
        ...role,
        ...shape.labels,
      },
      annotations: {
        'node.alpha.kubernetes.io/ttl': '0',
        'volumes.kubernetes.io/controller-managed-attach-detach': 'true',
      },
    },
    spec: {
      podCIDR: `${podAddress(index, -2)}/24`,
      podCIDRs: [`${podAddress(index, -2)}/24`],
      ...(shape.taints && { taints: shape.taints }),
    },
  });
}

function nodeStatus(shape: NodeShape, index: number, now: number) {
  const number = String(index + 1).padStart(12, '0');
  const capacity = {
    cpu: shape.cpu,
    'ephemeral-storage': '104857600Ki',
    'hugepages-1Gi': '0',
    'hugepages-2Mi': '0',
    memory: shape.memory,
    pods: String(MAX_PODS),
  };
  const time = timestamp(now);
  const condition = (type: string, status: string, reason: string, message: string) => ({
    type,
    status,
    lastHeartbeatTime: time,
    lastTransitionTime: time,
    reason,
    message,
  });
  return {
    capacity,
    allocatable: { ...capacity, 'ephemeral-storage': '96636764160' },
    conditions: [
      condition(
        'MemoryPressure',
        'False',
        'KubeletHasSufficientMemory',
        'kubelet has sufficient memory available',
      ),
      condition('DiskPressure', 'False', 'KubeletHasNoDiskPressure', 'kubelet has no disk pressure'),
      condition('PIDPressure', 'False', 'KubeletHasSufficientPID', 'kubelet has sufficient PID available'),
      condition('Ready', 'True', 'KubeletReady', 'kubelet is posting ready status'),
    ],
    addresses: [
      { type: 'InternalIP', address: hostAddress(index) },
      { type: 'Hostname', address: shape.name },
    ],
    daemonEndpoints: { kubeletEndpoint: { Port: 10250 } },
    nodeInfo: {
      machineID: `00000000000000000000${number}`,
      systemUUID: `00000000-0000-0000-0000-${number}`,
      bootID: `00000000-0000-0000-0001-${number}`,
      kernelVersion: '6.1.0-sandbox',
      osImage: 'Debian GNU/Linux 12 (bookworm)',
      containerRuntimeVersion: 'containerd://2.1.9',
      kubeletVersion: 'v1.36.2',
      kubeProxyVersion: '',
      operatingSystem: 'linux',
      architecture: 'amd64',
    },
  };
}
