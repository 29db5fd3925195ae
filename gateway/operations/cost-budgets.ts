import { isIPv6 } from 'node:net';
import type { Caller } from '../../subgraphs/shared/caller.js';
import { RateLimitedError } from '../../subgraphs/shared/errors.js';

/** Callers that are remembered; one that is forgotten begins with a full budget. */
const maxCallers = 50_000;

export interface CostSettings {
  /** What one operation may cost. */
  readonly limit: number;
  /** What the operations of one caller may cost: as much at once, and restored at this rate. */
  readonly perMinute: number;
}

/** A caller's budget as it is told of on request. */
export interface Budget {
  readonly available: number;
  readonly capacity: number;
  readonly restoredPerSecond: number;
}

/** A token bucket for each user, or for each address without a user, filled by time. */
export class CostBudgets {
  readonly #spent = new Map<string, { tokens: number; at: number }>();
  readonly #capacity: number;
  readonly #perMillisecond: number;

  /** @param now milliseconds of a clock that never goes back */
  constructor(
    { limit, perMinute }: CostSettings,
    private readonly now: () => number = () => performance.now(),
  ) {
    // What may run at all must have room in a full budget.
    this.#capacity = Math.max(perMinute, limit);
    this.#perMillisecond = perMinute / 60_000;
  }

  /** Throws RateLimitedError, and takes nothing, when the cost is more than is left. */
  spend(caller: Caller, cost: number): void {
    const key = budgetOf(caller);
    const at = this.now();
    const tokens = this.#tokens(key, at);
    if (tokens < cost) {
      const seconds = Math.ceil((cost - tokens) / this.#perMillisecond / 1_000);
      throw new RateLimitedError(
        `Your operations cost more than ${Math.round(this.#perMillisecond * 60_000)} a minute: try this one again in ${seconds} s.`,
        seconds,
      );
    }
    this.#spent.delete(key);
    this.#spent.set(key, { tokens: tokens - cost, at });
    if (this.#spent.size > maxCallers) {
      const [oldest] = this.#spent.keys();
      if (oldest !== undefined) this.#spent.delete(oldest);
    }
  }

  of(caller: Caller): Budget {
    return {
      available: Math.floor(this.#tokens(budgetOf(caller), this.now())),
      capacity: this.#capacity,
      restoredPerSecond: Math.round(this.#perMillisecond * 1_000),
    };
  }

  #tokens(key: string, at: number): number {
    const spent = this.#spent.get(key);
    if (!spent) return this.#capacity;
    return Math.min(this.#capacity, spent.tokens + (at - spent.at) * this.#perMillisecond);
  }
}

/** Names whose budget the caller spends. Whoever has an IPv6 address has 2^64 of them. */
export function budgetOf({ userId, address }: Caller): string {
  if (userId !== null) return `user ${userId}`;
  if (address === null) return 'nobody';
  if (!isIPv6(address) || address.startsWith('::ffff:')) return address;
  return networkOf(address);
}

function networkOf(address: string): string {
  const [front = '', back] = address.split('%', 1)[0]?.split('::') ?? [];
  const groups = front === '' ? [] : front.split(':');
  const missing = back === undefined ? 0 : 8 - groups.length - (back === '' ? 0 : back.split(':').length);
  return [...groups, ...Array.from({ length: missing }, () => '0'), ...(back?.split(':') ?? [])]
    .slice(0, 4)
    .join(':');
}
