export const rolloutPhases = [
  'PENDING',
  'PROGRESSING',
  'PAUSED',
  'SUCCEEDED',
  'FAILED',
  'ABORTED',
  'SUPERSEDED',
] as const;
export type RolloutPhase = (typeof rolloutPhases)[number];

export const unfinishedPhases = [
  'PENDING',
  'PROGRESSING',
  'PAUSED',
] as const satisfies readonly RolloutPhase[];

export const isFinished = (phase: RolloutPhase): boolean =>
  !(unfinishedPhases as readonly RolloutPhase[]).includes(phase);

export const blockerKinds = [
  'IMAGE_PULL',
  'CRASH_LOOP',
  'OUT_OF_MEMORY',
  'UNSCHEDULABLE',
  'QUOTA_EXCEEDED',
  'NOT_READY',
  'CONFIGURATION',
  'VOLUME',
  'EVICTED',
  'NODE_LOST',
  'DEADLINE_EXCEEDED',
  'REJECTED',
] as const;
export type BlockerKind = (typeof blockerKinds)[number];

/** What keeps a rollout from going on, in words for an application developer. */
export interface Blocker {
  readonly kind: BlockerKind;
  readonly message: string;
  /** Names of the pods concerned. */
  readonly pods: string[];
  /** RFC 3339; null when unknown. */
  readonly since: string | null;
}
