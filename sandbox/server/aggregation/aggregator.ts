import type { Clock } from '../../controllers/clock.js';
import { ApiError } from '../../storage/api.js';
import type { Registry } from '../../storage/registry.js';
import { apiVersionOf } from '../../storage/resource.js';
import type { UsageSource } from '../../storage/runtime.js';
import { ApiServices, extensionService } from './api-services.js';
import {
  METRICS,
  METRICS_SERVER,
  MetricsApi,
  type MetricsQuery,
  metricsKinds,
  metricsResources,
} from './metrics-api.js';

export interface AggregatorOptions {
  readonly registry: Registry;
  readonly clock: Clock;
  /** What metrics-server would measure; undefined: there is none in this cluster. */
  readonly usage: UsageSource | undefined;
  readonly builtIn: readonly { group: string; version: string }[];
}

/** A group that an APIService adds to the API. */
export interface AddedGroup {
  readonly name: string;
  readonly versions: readonly { version: string; isAvailable: boolean }[];
}

/**
 * The part of the API that comes from elsewhere, by the APIServices of the cluster. The one simulated program behind
 * such a service is metrics-server; every other service, or none, makes the group unavailable.
 */
export class Aggregator {
  private readonly services: ApiServices;
  private readonly metrics: MetricsApi | undefined;

  constructor({ registry, clock, usage, builtIn }: AggregatorOptions) {
    this.metrics = usage && new MetricsApi(registry, usage, () => clock.now());
    if (usage) {
      const { port, ...metadata } = METRICS_SERVER;
      const labels = { 'k8s-app': 'metrics-server' };
      registry.create('services', {
        metadata: { ...metadata, labels },
        spec: { selector: labels, ports: [{ name: 'https', port, targetPort: 'https' }] },
      });
      registry.create('apiservices', extensionService(METRICS, METRICS_SERVER));
    }
    this.services = new ApiServices(
      registry,
      clock,
      ({ namespace, name }) =>
        usage !== undefined && namespace === METRICS_SERVER.namespace && name === METRICS_SERVER.name,
      builtIn,
    );
  }

  /** Whether metrics.k8s.io answers now: what autoscalers can go by. */
  get hasMetrics(): boolean {
    const service = this.services.find(METRICS.group, METRICS.version);
    return service !== undefined && this.services.isAvailable(service);
  }

  groups(): AddedGroup[] {
    const groups = new Map<string, { version: string; isAvailable: boolean }[]>();
    for (const service of this.services.added()) {
      const { group, version } = service['spec'];
      const isAvailable = this.services.isAvailable(service);
      groups.set(group, [...(groups.get(group) ?? []), { version, isAvailable }]);
    }
    return [...groups].map(([name, versions]) => ({ name, versions }));
  }

  /** 'absent': no APIService adds it. */
  stateOf(group: string, version: string): 'absent' | 'unavailable' | 'available' {
    const service = this.services.find(group, version);
    if (!service) return 'absent';
    return this.services.isAvailable(service) ? 'available' : 'unavailable';
  }

  /** Of an available version. */
  resources(group: string, version: string): object {
    return group === METRICS.group && version === METRICS.version
      ? metricsResources()
      : {
          kind: 'APIResourceList',
          apiVersion: 'v1',
          groupVersion: apiVersionOf({ group, version }),
          resources: [],
        };
  }

  /** An object or a list of an available version. Throws what the added server would answer. */
  answer(group: string, version: string, verb: string, query: MetricsQuery): object {
    const isKnown = group === METRICS.group && version === METRICS.version && query.resource in metricsKinds;
    if (!this.metrics || !isKnown)
      throw new ApiError(404, 'NotFound', 'the server could not find the requested resource', {});
    if (verb !== 'get' && verb !== 'list')
      throw new ApiError(
        405,
        'MethodNotAllowed',
        'the server does not allow this method on the requested resource',
        {},
      );
    return this.metrics.answer(query);
  }

  dispose(): void {
    this.services.dispose();
  }
}
