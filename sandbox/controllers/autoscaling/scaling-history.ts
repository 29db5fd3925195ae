import type { PacedClock } from '../clock.js';

interface Dated {
  readonly at: number;
  readonly value: number;
}

/** No window is longer. */
const LONGEST_MS = 3_600_000;

/** What an autoscaler recommended and changed lately; forgotten with a restart, as in Kubernetes' controller. */
export class ScalingHistory {
  private recommendations: Dated[];
  private changes: Dated[] = [];

  constructor(
    private readonly clock: PacedClock,
    initialReplicas: number,
  ) {
    this.recommendations = [{ at: clock.now(), value: initialReplicas }];
  }

  /** Recommendations of the last `windowMs` (before pace). */
  recommendationsOf(windowMs: number): number[] {
    const since = this.clock.now() - this.clock.scaled(windowMs);
    return this.recommendations.filter(({ at }) => at > since).map(({ value }) => value);
  }

  recommend(replicas: number): void {
    this.recommendations = this.young([...this.recommendations, { at: this.clock.now(), value: replicas }]);
  }

  recordChange(difference: number): void {
    this.changes = this.young([...this.changes, { at: this.clock.now(), value: difference }]);
  }

  /** Replicas added and removed within the last `periodMs` (before pace). */
  changesOf(periodMs: number): { added: number; removed: number } {
    const since = this.clock.now() - this.clock.scaled(periodMs);
    const recent = this.changes.filter(({ at }) => at > since).map(({ value }) => value);
    const sum = (values: number[]): number => values.reduce((total, value) => total + value, 0);
    return {
      added: sum(recent.filter((value) => value > 0)),
      removed: -sum(recent.filter((value) => value < 0)),
    };
  }

  private young(entries: Dated[]): Dated[] {
    const since = this.clock.now() - this.clock.scaled(LONGEST_MS);
    return entries.filter(({ at }) => at > since);
  }
}
