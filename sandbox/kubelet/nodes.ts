import type { Clock } from '../controllers/clock.js';
import { draftOf } from '../controllers/draft.js';
import type { Api, Draft } from '../storage/api.js';
import { readNodeFaults } from './faults.js';
import { nodeConditions } from './node-conditions.js';
import { PodNetwork } from './pod-network.js';

/** A machine to simulate. */
export interface NodeShape {
  readonly name: string;
  readonly cpu: string;
  readonly memory: string;
  /** How many pods it takes; 110 unless said. */
  readonly pods?: number;
  readonly labels?: Readonly<Record<string, string>>;
  readonly taints?: readonly { key: string; value?: string; effect: string }[];
  readonly isControlPlane?: boolean;
}

const ZONES = ['a', 'b', 'c'];
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

/** The address that the node with this index has. */
export const hostAddress = (index: number): string => `10.10.${Math.floor(index / 250)}.${(index % 250) + 1}`;

export const networkOf = (shapes: readonly NodeShape[]): PodNetwork =>
  new PodNetwork(shapes.length, Math.max(0, ...shapes.map(({ pods = MAX_PODS }) => pods)));

/** Registers the nodes with the API server. */
export function registerNodes(
  api: Api,
  clock: Clock,
  shapes: readonly NodeShape[],
  network: PodNetwork,
): void {
  shapes.forEach((shape, index) => {
    const existing = api.get('nodes', undefined, shape.name);
    const node = existing ?? api.create('nodes', nodeDraft(shape, network.rangeOf(index)));
    const conditions = nodeConditions([], readNodeFaults(node), clock.now());
    const status = { ...nodeStatus(shape, index), conditions };
    api.update('nodes', { ...draftOf(node), status }, 'status');
  });
}

function nodeDraft(shape: NodeShape, range: string): Draft {
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
      podCIDR: range,
      podCIDRs: [range],
      ...(shape.taints && { taints: shape.taints }),
    },
  });
}

function nodeStatus(shape: NodeShape, index: number) {
  const number = String(index + 1).padStart(12, '0');
  const capacity = {
    cpu: shape.cpu,
    'ephemeral-storage': '104857600Ki',
    'hugepages-1Gi': '0',
    'hugepages-2Mi': '0',
    memory: shape.memory,
    pods: String(shape.pods ?? MAX_PODS),
  };
  return {
    capacity,
    allocatable: { ...capacity, 'ephemeral-storage': '96636764160' },
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
