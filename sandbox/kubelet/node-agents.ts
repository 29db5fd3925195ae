import { microTime, type PacedClock, type TimerHandle } from '../controllers/clock.js';
import { draftOf } from '../controllers/draft.js';
import { EventRecorder } from '../controllers/event-recorder.js';
import { heartbeatPeriod, LEASE_NAMESPACE } from '../controllers/nodes/heartbeat.js';
import type { ObjectCache } from '../controllers/object-cache.js';
import { findCondition } from '../controllers/pod-condition.js';
import { type Api, ApiError, type KubernetesObject } from '../storage/api.js';
import { type NodeFault, readNodeFaults } from './faults.js';
import { nodeConditions } from './node-conditions.js';

/** The status of a node without news is written every 5 minutes, its lease with every heartbeat. */
const BEATS_PER_STATUS = 30;
const LEASE_SECONDS = 40;
const NO_FAULTS: ReadonlySet<NodeFault> = new Set();

type Listener = (node: string, faults: ReadonlySet<NodeFault>) => void;

/** The kubelets as far as they speak for their nodes: heartbeats, conditions, and the faults that nodes are given. */
export class NodeAgents {
  private readonly faults = new Map<string, ReadonlySet<NodeFault>>();
  private timer: TimerHandle;
  private beats = 0;

  constructor(
    private readonly api: Api,
    private readonly clock: PacedClock,
    private readonly nodes: ObjectCache,
    private readonly names: readonly string[],
    private readonly changed: Listener,
  ) {
    nodes.subscribe(({ type, object, previous }) => {
      if (type === 'DELETED' || object.metadata.annotations === previous?.metadata.annotations) return;
      this.notice(object);
    });
    this.beat();
  }

  faultsOf(node: string): ReadonlySet<NodeFault> {
    return this.faults.get(node) ?? NO_FAULTS;
  }

  dispose(): void {
    this.clock.clear(this.timer);
  }

  private notice(node: KubernetesObject): void {
    const { name } = node.metadata;
    const before = this.faultsOf(name);
    const after = readNodeFaults(node);
    if (
      !this.names.includes(name) ||
      (before.size === after.size && [...before].every((fault) => after.has(fault)))
    )
      return;
    this.faults.set(name, after);
    // The write that told of the change has to be finished before the next.
    this.clock.setTimeout(() => {
      this.attempt(name, () => {
        this.renewLease(name);
        this.report(name);
      });
      this.changed(name, after);
    }, 0);
  }

  private beat(): void {
    for (const name of this.names)
      this.attempt(name, () => {
        this.renewLease(name);
        if (this.beats > 0 && this.beats % BEATS_PER_STATUS === 0) this.report(name);
      });
    this.beats += 1;
    this.timer = this.clock.setTimeout(() => this.beat(), heartbeatPeriod(this.clock));
  }

  private attempt(name: string, write: () => void): void {
    if (this.faultsOf(name).has('lost') || !this.nodes.get(name)) return;
    try {
      write();
    } catch (error) {
      // The next heartbeat tries again.
      if (!(error instanceof ApiError)) throw error;
    }
  }

  private renewLease(name: string): void {
    const lease = this.api.get('leases', LEASE_NAMESPACE, name);
    const spec = {
      holderIdentity: name,
      leaseDurationSeconds: LEASE_SECONDS,
      renewTime: microTime(this.clock.now()),
    };
    if (lease) {
      this.api.update('leases', { ...draftOf(lease), spec });
      return;
    }
    const uid = this.nodes.get(name)?.metadata.uid;
    this.api.create('leases', {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: {
        name,
        namespace: LEASE_NAMESPACE,
        ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name, uid }],
      },
      spec,
    });
  }

  private report(name: string): void {
    const node = this.api.get('nodes', undefined, name);
    if (!node) return;
    const draft = draftOf(node);
    draft['status'].conditions = nodeConditions(
      node['status'].conditions ?? [],
      this.faultsOf(name),
      this.clock.now(),
    );
    const reported = this.api.update('nodes', draft, 'status');
    const before = findCondition(node, 'Ready')?.status;
    const after = findCondition(reported, 'Ready')?.status;
    if (before === after) return;
    const reason = after === 'True' ? 'NodeReady' : 'NodeNotReady';
    const message = `Node ${name} status is now: ${reason}`;
    new EventRecorder(this.api, this.clock, { component: 'kubelet', host: name }).record(reported, {
      type: 'Normal',
      reason,
      message,
    });
  }
}
