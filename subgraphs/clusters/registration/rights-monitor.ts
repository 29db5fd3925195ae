import { isDeepStrictEqual } from 'node:util';
import type { Clock } from '../../shared/clock.js';
import type { Logger } from '../../shared/logger.js';
import type { ClusterEntity } from '../cluster/cluster.entity.js';
import { type ClusterState, mayAnswer } from '../status/cluster-state.js';
import type { UsableCluster } from './cluster-check.client.js';

type CheckedRow = Pick<ClusterEntity, 'id' | 'impersonate' | 'missingRights' | 'rightsCheckedAt'>;

export interface RightsMonitorOptions {
  readonly clusters: {
    /** Registered clusters that were last checked before that time, or never. */
    listUnchecked(before: Date): Promise<CheckedRow[]>;
    setRights(id: string, fields: Omit<CheckedRow, 'id' | 'impersonate'>): Promise<void>;
  };
  readonly check: { lookAgain(id: string, options: { impersonate: boolean }): Promise<UsableCluster> };
  readonly monitor: {
    stateOf(clusterId: string): ClusterState;
    /** Called with each cluster that has news. Returns the unsubscriber. */
    subscribe(listener: (clusterId: string) => void): () => void;
  };
  /** Tells all processes that the warnings of a cluster are other ones now. */
  readonly changed: (clusterId: string) => Promise<void>;
  readonly clock: Pick<Clock, 'now'>;
  /** How old what is known may become. */
  readonly maximumAgeMs: number;
  readonly logger: Logger;
}

/** How often is looked for clusters that are due; those that come up again are looked at at once. */
const tickMs = 60_000;
/** After a check that failed, as when the connection was replaced under it; doubled for each failure in a row. */
const firstRetryMs = 1_000;

/**
 * Asks each cluster that answers now and then what Meridian may do there, one cluster at a time. Two processes may ask
 * the same at once, which does no harm.
 */
export class RightsMonitor {
  #timer: NodeJS.Timeout | undefined;
  #retry: NodeJS.Timeout | undefined;
  #failedRuns = 0;
  #unsubscribe: (() => void) | undefined;
  #running: Promise<void> | undefined;
  #again = false;
  #disposed = false;

  constructor(private readonly options: RightsMonitorOptions) {}

  start(): void {
    this.#unsubscribe = this.options.monitor.subscribe(() => this.#wake());
    this.#timer = setInterval(() => this.#wake(), tickMs).unref();
    this.#wake();
  }

  /** Resolves when nothing of it runs any more. */
  async dispose(): Promise<void> {
    this.#disposed = true;
    clearInterval(this.#timer);
    clearTimeout(this.#retry);
    this.#unsubscribe?.();
    await this.#running;
  }

  #wake(): void {
    this.#again = true;
    if (this.#disposed) return;
    this.#running ??= this.#run();
  }

  async #run(): Promise<void> {
    const { clusters, monitor, clock, maximumAgeMs, logger } = this.options;
    let failed = false;
    while (this.#again && !this.#disposed) {
      this.#again = false;
      failed = false;
      try {
        for (const row of await clusters.listUnchecked(new Date(clock.now() - maximumAgeMs))) {
          const state = monitor.stateOf(row.id);
          if (!state.lastSeenAt || !mayAnswer(state) || this.#disposed) continue;
          if (!(await this.#check(row))) failed = true;
        }
      } catch (error) {
        failed = true;
        logger.warn({ error }, 'clusters due for a check could not be listed');
      }
    }
    // At once, not in a callback: whoever wakes it from here on starts another run.
    this.#running = undefined;
    this.#failedRuns = failed ? this.#failedRuns + 1 : 0;
    if (failed) this.#retrySoon();
  }

  #retrySoon(): void {
    const delay = firstRetryMs * 2 ** (this.#failedRuns - 1);
    clearTimeout(this.#retry);
    // Later than that, the ticks do it.
    if (!this.#disposed && delay < tickMs) this.#retry = setTimeout(() => this.#wake(), delay).unref();
  }

  /** False when the cluster did not answer. */
  async #check(row: CheckedRow): Promise<boolean> {
    const { clusters, check, changed, clock, logger } = this.options;
    try {
      const { rights } = await check.lookAgain(row.id, row);
      await clusters.setRights(row.id, {
        missingRights: rights,
        rightsCheckedAt: new Date(clock.now()),
      });
      const isNews = row.rightsCheckedAt === null || !isDeepStrictEqual(rights, row.missingRights);
      if (isNews) await changed(row.id);
      return true;
    } catch (error) {
      logger.warn({ error, clusterId: row.id }, 'rights in the cluster could not be checked');
      return false;
    }
  }
}
