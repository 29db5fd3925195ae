import type { Clock } from './clock.js';

interface Bucket {
  tokens: number;
  at: number;
}

/** One token bucket for each key; the least recently used are forgotten. */
export class TokenBuckets {
  private readonly buckets = new Map<string, Bucket>();

  constructor(
    private readonly clock: Clock,
    private readonly limits: { burst: number; refillMs: number; remembered: number },
  ) {}

  take(key: string): boolean {
    const { burst, refillMs, remembered } = this.limits;
    const now = this.clock.now();
    const bucket = this.buckets.get(key) ?? { tokens: burst, at: now };
    bucket.tokens = Math.min(burst, bucket.tokens + (now - bucket.at) / refillMs);
    bucket.at = now;
    this.buckets.delete(key);
    this.buckets.set(key, bucket);
    const oldest = this.buckets.keys().next().value;
    if (this.buckets.size > remembered && oldest !== undefined) this.buckets.delete(oldest);
    if (bucket.tokens < 1) return false;
    bucket.tokens -= 1;
    return true;
  }
}
