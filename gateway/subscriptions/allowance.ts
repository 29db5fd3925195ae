import type { Caller } from '../../subgraphs/shared/caller.js';
import { RateLimitedError } from '../../subgraphs/shared/errors.js';
import { budgetOf } from '../operations/cost-budgets.js';

/** How many subscriptions each user, or each address without a user, has open at this gateway: as CostBudgets tells them apart. */
export class SubscriptionAllowance {
  readonly #open = new Map<string, number>();

  constructor(private readonly limit: number) {}

  /** Subscriptions of all. */
  get open(): number {
    let open = 0;
    for (const count of this.#open.values()) open += count;
    return open;
  }

  /** Throws RateLimitedError; returns what to call, once, when the subscription ends. */
  take(caller: Caller): () => void {
    const key = budgetOf(caller);
    const open = this.#open.get(key) ?? 0;
    if (open >= this.limit) {
      throw new RateLimitedError(
        `You have ${this.limit} subscriptions open, which is the limit: end one before you open another.`,
      );
    }
    this.#open.set(key, open + 1);
    return () => {
      const left = (this.#open.get(key) ?? 1) - 1;
      if (left > 0) this.#open.set(key, left);
      else this.#open.delete(key);
    };
  }
}
