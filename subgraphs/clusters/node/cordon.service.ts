import type { Caller } from '../../shared/caller.js';
import { changedFields } from '../../shared/changed-fields.js';
import type { Changes } from '../../shared/changes.js';
import { requireName } from '../../shared/kubernetes/names.js';
import type { ManagedClusters } from '../registration/managed-cluster.js';
import { type NodeView, toNodeView } from './node.mapper.js';
import type { NodeMaintenanceClient } from './node-maintenance.client.js';

export interface CordonNode {
  readonly clusterId: string;
  readonly nodeName: string;
  readonly reason?: string | null;
  readonly dryRun?: boolean | null;
  readonly idempotencyKey?: string | null;
}

type CordonedNode = NodeView & { readonly id: string };

/** What an audit event of a node is about. */
export const nodeTarget = ({ clusterId, nodeName }: { clusterId: string; nodeName: string }) => ({
  targetType: 'ClusterNode',
  targetId: `${clusterId}/${nodeName}`,
  targetName: nodeName,
});

/** Keeping new pods away from a node, and letting them there again. */
export class CordonService {
  constructor(
    private readonly managed: Pick<ManagedClusters, 'require'>,
    private readonly nodes: NodeMaintenanceClient,
    private readonly changes: Changes,
  ) {}

  cordon(caller: Caller, input: CordonNode): Promise<NodeView> {
    return this.#set(caller, 'cordonNode', input, true);
  }

  uncordon(caller: Caller, input: CordonNode): Promise<NodeView> {
    return this.#set(caller, 'uncordonNode', input, false);
  }

  async #set(
    caller: Caller,
    action: string,
    input: CordonNode,
    unschedulable: boolean,
  ): Promise<CordonedNode> {
    const { signedIn } = await this.managed.require(caller, 'clusters.nodes.cordon', input.clusterId);
    const { clusterId } = input;
    const nodeName = requireName(input.nodeName, ['input', 'nodeName'], 'node');
    const view = (node: Parameters<typeof toNodeView>[0]): CordonedNode => ({
      ...toNodeView(node, clusterId),
      id: `${clusterId}/${nodeName}`,
    });
    const set = async (dryRun: boolean) =>
      view(await this.nodes.setUnschedulable(signedIn, clusterId, nodeName, unschedulable, { dryRun }));
    if (input.dryRun) return set(true);
    const replay = async () => view(await this.nodes.get(signedIn, clusterId, nodeName));
    const attempt = { action, idempotency: { key: input.idempotencyKey, input, replay } };
    return this.changes.run(signedIn, attempt, async (change) => {
      const before = view(await this.nodes.get(signedIn, clusterId, nodeName));
      const after = before.unschedulable === unschedulable ? before : await set(false);
      change.audit({
        ...nodeTarget({ clusterId, nodeName }),
        reason: input.reason ?? null,
        changes: changedFields(
          { unschedulable: before.unschedulable },
          { unschedulable: after.unschedulable },
        ),
      });
      return after;
    });
  }
}
