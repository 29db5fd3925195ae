/** Why a pod cannot go to a node. `fixed` reasons would remain if all other pods were gone. */
export interface Misfit {
  readonly reason: string;
  readonly fixed: boolean;
}

/** The scheduler's summary, such as `0/3 nodes are available: 3 Insufficient cpu. …`. */
export function unschedulableMessage(
  all: readonly (readonly Misfit[])[],
  preemptionPolicy = 'PreemptLowerPriority',
): string {
  if (all.length === 0) return 'no nodes available to schedule pods';
  const counts = new Map<string, number>();
  for (const { reason } of all.flat()) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  const reasons = [...counts].map(([reason, count]) => `${count} ${reason}`).sort();
  const nodes = `0/${all.length} nodes are available`;
  const outlook =
    preemptionPolicy === 'Never'
      ? 'not eligible due to preemptionPolicy=Never'
      : preemptionOutlook(all, nodes);
  return `${nodes}: ${reasons.join(', ')}. no new claims to deallocate, preemption: ${outlook}.`;
}

/** The sandbox never preempts: where other pods are in the way, it has looked and found no victims. */
function preemptionOutlook(all: readonly (readonly Misfit[])[], nodes: string): string {
  const hopeless = all.filter((reasons) => reasons.some(({ fixed }) => fixed)).length;
  const parts = [
    [all.length - hopeless, 'No preemption victims found for incoming pod'],
    [hopeless, 'Preemption is not helpful for scheduling'],
  ].filter(([count]) => Number(count) > 0);
  return `${nodes}: ${parts.map(([count, text]) => `${count} ${text}`).join(', ')}`;
}
