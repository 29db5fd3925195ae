import type { ServiceSpec } from '../service/service-spec.js';

/** How many pods of the new template there are beside those that run now, at one moment of a rollout. */
export interface Moment {
  readonly fresh: number;
  readonly old: number;
}

/** How a deployment replaces what runs. */
export type Replacement = 'SCALED' | 'REPLACED' | 'CANARY';

/** As Kubernetes rounds it: up. */
export const surgeOf = ({ strategy, replicas }: Pick<ServiceSpec, 'strategy' | 'replicas'>): number =>
  countOf(strategy.maxSurge, replicas, Math.ceil);

/** As Kubernetes rounds it: down; but when both come to 0, one pod may be missing, or nothing could change. */
export function unavailableOf(spec: Pick<ServiceSpec, 'strategy' | 'replicas'>): number {
  const count = countOf(spec.strategy.maxUnavailable, spec.replicas, Math.floor);
  return count === 0 && surgeOf(spec) === 0 ? 1 : count;
}

const countOf = (text: string, replicas: number, round: (value: number) => number): number =>
  text.endsWith('%') ? round((replicas * Number.parseInt(text, 10)) / 100) : Number.parseInt(text, 10);

/**
 * The moments of a rollout at which most pods run, of one kind or the other: whatever a pod of either needs, no other
 * moment needs more. `old` is the number of pods that run now. Pods that are being stopped are counted by the quota
 * until they are gone, and are in what it says is used; a rolling update does not wait for them.
 */
export function momentsOf(spec: ServiceSpec, old: number, replacement: Replacement): Moment[] {
  const { replicas, strategy } = spec;
  const now = { fresh: 0, old };
  if (replacement === 'SCALED') return [{ fresh: Math.max(0, replicas - old), old }];
  if (replacement === 'CANARY') return [now, ...canaryMoments(spec, old)];
  if (strategy.type === 'RECREATE') return [now, { fresh: replicas, old: 0 }];
  return [now, ...rollingMoments(spec, old)];
}

/** First as many new ones as fit beside all old ones; at last as many old ones as fit beside all new ones. */
function rollingMoments(spec: ServiceSpec, old: number): Moment[] {
  const { replicas } = spec;
  const most = replicas + surgeOf(spec);
  return [
    { fresh: Math.min(replicas, Math.max(0, most - old)), old },
    { fresh: replicas, old: Math.min(old, most - replicas) },
  ];
}

/** Each step's new pods start before old ones go; then the main workload is replaced, with the canary still there. */
function canaryMoments(spec: ServiceSpec, old: number): Moment[] {
  const { replicas, strategy } = spec;
  const freshAt = strategy.steps.map(({ percent }) => Math.ceil((replicas * percent) / 100));
  const leftAfter = (fresh: number): number => Math.min(old, Math.max(1, replicas - fresh));
  const steps = freshAt.map((fresh, index) => ({
    fresh,
    old: index === 0 ? old : leftAfter(freshAt[index - 1] ?? 0),
  }));
  const canary = freshAt.at(-1) ?? 0;
  const takingOver = rollingMoments(spec, leftAfter(canary)).map((moment) => ({
    ...moment,
    fresh: moment.fresh + canary,
  }));
  return [...steps, ...takingOver];
}
