import type { CanaryStepSpec } from '../service/service-spec.js';

/** How far a canary is, as its record says. */
export interface CanaryState {
  /** Whose template the main workload keeps until all steps are passed. */
  readonly baseId: string;
  readonly steps: readonly CanaryStepSpec[];
  /**
   * How many steps are passed. As many as there are: the main workload takes the new template over. One more: it has,
   * and the canary pods go.
   */
  readonly step: number;
  /** When the pods of the present step were first seen available; null while they start. */
  readonly since: Date | null;
}

export type CanaryStage = 'STEP' | 'TAKING_OVER' | 'LEAVING';

export function stageOf({ step, steps }: Pick<CanaryState, 'step' | 'steps'>): CanaryStage {
  if (step < steps.length) return 'STEP';
  return step === steps.length ? 'TAKING_OVER' : 'LEAVING';
}

/** New pods of a step: its share of all, rounded up. */
const newPodsAt = (percent: number, replicas: number): number => Math.ceil((replicas * percent) / 100);

/**
 * How many pods each of the two workloads is to have. Old pods go only when the new ones that replace them are
 * available, and one of each stays in every step.
 */
export function sharesOf(canary: CanaryState, replicas: number): { main: number; canary: number } {
  const stage = stageOf(canary);
  if (replicas === 0 || stage === 'LEAVING') return { main: replicas, canary: 0 };
  const at = (step: number): number => newPodsAt(canary.steps[step]?.percent ?? 0, replicas);
  if (stage === 'TAKING_OVER') return { main: replicas, canary: at(canary.steps.length - 1) };
  const replaced = canary.since === null ? at(canary.step - 1) : at(canary.step);
  return { main: Math.max(1, replicas - replaced), canary: at(canary.step) };
}

/** What a client sees of it. */
export interface CanaryProgress {
  /** The present step, from 1; stays the last one while the main workload takes the template over. */
  readonly step: number;
  readonly steps: number;
  /** Share of the pods that are to be new now: 100 when all steps are passed. */
  readonly percent: number;
  /** RFC 3339: when the next step begins by itself; null when it does not, or not yet. */
  readonly nextStepAt: string | null;
  /** It waits for promoteRollout. */
  readonly waiting: boolean;
}

export function canaryProgress(canary: CanaryState): CanaryProgress {
  const { step, steps, since } = canary;
  const present = steps[step];
  const pauseSeconds = present?.pauseSeconds ?? null;
  return {
    step: Math.min(step + 1, steps.length),
    steps: steps.length,
    percent: present?.percent ?? 100,
    nextStepAt:
      since === null || pauseSeconds === null
        ? null
        : new Date(since.getTime() + pauseSeconds * 1_000).toISOString(),
    waiting: present !== undefined && since !== null && pauseSeconds === null,
  };
}

/** A record as far as its canary depends on it. */
export interface CanaryRecord {
  readonly baseId: string | null;
  readonly canaryStep: number;
  readonly canarySince: Date | null;
  readonly spec: { readonly strategy: { readonly steps: readonly CanaryStepSpec[] } };
}

/** Null when the deployment replaces the main workload's template at once. */
export const canaryOf = ({ baseId, canaryStep, canarySince, spec }: CanaryRecord): CanaryState | null =>
  baseId === null ? null : { baseId, steps: spec.strategy.steps, step: canaryStep, since: canarySince };
