import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

const prefix = 'meridian_gateway_';

/** One operation that ended, or a subscription that began. */
export interface CountedOperation {
  readonly transport: string;
  /** query, mutation, subscription; undefined when it was refused before that was known. */
  readonly kind: string | undefined;
  /** Of its first error. */
  readonly code: string | undefined;
  readonly seconds: number;
}

/**
 * What the gateway counts, for Prometheus. Labels are of closed sets: transports, kinds, error codes, and coordinates of
 * the schema's deprecated parts. Nothing that a client makes up, no user and no operation's name is ever one.
 */
export class GatewayMetrics {
  readonly registry = new Registry();
  readonly #operations = this.#counter('operations_total', 'Operations by how they ended.', [
    'transport',
    'kind',
    'code',
  ]);
  readonly #duration = new Histogram({
    name: `${prefix}operation_duration_seconds`,
    help: 'Time from the first check of a query or mutation to its result; of a subscription to its start.',
    labelNames: ['transport', 'kind'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
    registers: [this.registry],
  });
  readonly #cost = new Histogram({
    name: `${prefix}operation_cost`,
    help: 'Static cost of operations that passed every check.',
    labelNames: ['kind'],
    buckets: [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000],
    registers: [this.registry],
  });
  readonly #refused = this.#counter(
    'refused_requests_total',
    'HTTP requests refused before they were GraphQL.',
    ['status'],
  );
  readonly #deprecated = this.#counter(
    'deprecated_uses_total',
    'Operations that used a deprecated part of the schema.',
    ['coordinate'],
  );
  readonly #cache = this.#counter('cache_lookups_total', 'Looks into a cache by what came of them.', [
    'cache',
    'result',
  ]);

  operation({ transport, kind = 'unknown', code = 'OK', seconds }: CountedOperation): void {
    this.#operations.inc({ transport, kind, code });
    this.#duration.observe({ transport, kind }, seconds);
  }

  cost(kind: string, cost: number): void {
    this.#cost.observe({ kind }, cost);
  }

  refusedRequest(status: number): void {
    this.#refused.inc({ status });
  }

  /** @param coordinates of the schema, such as `Query.old`, `Query.field(old:)` or `Phase.OLD` */
  deprecatedUses(coordinates: Iterable<string>): void {
    for (const coordinate of coordinates) this.#deprecated.inc({ coordinate });
  }

  cacheLookup(cache: 'documents' | 'persisted-queries', hit: boolean): void {
    this.#cache.inc({ cache, result: hit ? 'hit' : 'miss' });
  }

  /** A number that is read when it is asked for. */
  gauge(name: string, help: string, read: () => number): void {
    new Gauge({
      name: `${prefix}${name}`,
      help,
      registers: [this.registry],
      collect() {
        this.set(read());
      },
    });
  }

  /** CPU, memory, garbage collection, file descriptors, event loop lag. They are measured all the time from then on. */
  addProcessMetrics(): void {
    collectDefaultMetrics({ register: this.registry });
  }

  #counter<L extends string>(name: string, help: string, labelNames: readonly L[]): Counter<L> {
    return new Counter({
      name: `${prefix}${name}`,
      help,
      labelNames: [...labelNames],
      registers: [this.registry],
    });
  }
}
