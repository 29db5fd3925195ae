import type { Clock, TimerHandle } from '../../controllers/clock.js';
import type { KubernetesObject } from '../../storage/api.js';
import type { Registry } from '../../storage/registry.js';
import { apiVersionOf } from '../../storage/resource.js';
import { timestamp } from '../../storage/timestamp.js';

/** Groups and versions that this server does not serve itself are passed on to the service of their APIService. */
export interface ServiceReference {
  readonly namespace: string;
  readonly name: string;
}

const MANAGER = 'kube-apiserver';
const SETTLE_MS = 1;

/** Keeps the conditions of APIServices true, as the aggregator of a real API server does. */
export class ApiServices {
  private readonly unsubscribe: (() => void)[];
  private timer: TimerHandle | undefined;

  constructor(
    private readonly registry: Registry,
    private readonly clock: Clock,
    /** Whether the sandbox simulates what is behind the service. */
    private readonly isSimulated: (service: ServiceReference) => boolean,
    builtIn: readonly { group: string; version: string }[],
  ) {
    const api = registry.as(MANAGER);
    for (const [index, each] of builtIn.entries()) api.create('apiservices', localService(each, index));
    this.review();
    this.unsubscribe = ['apiservices', 'services'].map((resource) =>
      registry.watch(resource, () => this.reviewSoon()),
    );
  }

  /** The APIService that adds this group, of any version when none is given; undefined when there is none. */
  find(group: string, version?: string): KubernetesObject | undefined {
    return this.added().find(
      ({ spec }) => spec.group === group && (version === undefined || spec.version === version),
    );
  }

  /** Those that a service answers for, in the order of their names. */
  added(): KubernetesObject[] {
    return this.registry.list('apiservices').filter(({ spec }) => spec.service);
  }

  isAvailable({ spec }: KubernetesObject): boolean {
    return this.problemOf(spec.service) === undefined;
  }

  dispose(): void {
    for (const each of this.unsubscribe) each();
    if (this.timer) this.clock.clear(this.timer);
  }

  private reviewSoon(): void {
    this.timer ??= this.clock.setTimeout(() => {
      this.timer = undefined;
      this.review();
    }, SETTLE_MS);
  }

  private review(): void {
    for (const service of this.registry.list('apiservices')) {
      const wanted = this.conditionOf(service);
      const known = (service['status']?.conditions ?? []).find(({ type }: any) => type === 'Available');
      if (known?.reason === wanted.reason && known?.message === wanted.message) continue;
      const lastTransitionTime =
        known?.status === wanted.status ? known.lastTransitionTime : timestamp(this.clock.now());
      const conditions = [{ type: 'Available', lastTransitionTime, ...wanted }];
      this.registry.update(
        'apiservices',
        { ...service, status: { conditions } },
        { subresource: 'status', manager: MANAGER },
      );
    }
  }

  private conditionOf({ spec }: KubernetesObject): { status: string; reason: string; message: string } {
    if (!spec.service)
      return { status: 'True', reason: 'Local', message: 'Local APIServices are always available' };
    return this.problemOf(spec.service) ?? { status: 'True', reason: 'Passed', message: 'all checks passed' };
  }

  private problemOf(
    service: ServiceReference,
  ): { status: string; reason: string; message: string } | undefined {
    const where = `service/${service.name} in "${service.namespace}"`;
    if (!this.registry.get('services', service.namespace, service.name))
      return { status: 'False', reason: 'ServiceNotFound', message: `${where} is not present` };
    if (!this.isSimulated(service))
      return {
        status: 'False',
        reason: 'MissingEndpoints',
        message: `endpoints for ${where} have no addresses`,
      };
    return undefined;
  }
}

const GROUP_PRIORITY = 17_000;

const localService = ({ group, version }: { group: string; version: string }, index: number) => ({
  metadata: {
    name: `${version}.${group}`,
    labels: { 'kube-aggregator.kubernetes.io/automanaged': 'onstart' },
  },
  spec: {
    ...(group ? { group } : {}),
    version,
    groupPriorityMinimum: group ? GROUP_PRIORITY - index * 10 : GROUP_PRIORITY + 1000,
    versionPriority: version === 'v2' ? 30 : 15,
  },
});

/** The APIService through which metrics-server adds its group. */
export const extensionService = (
  { group, version }: { group: string; version: string },
  service: ServiceReference,
) => ({
  apiVersion: apiVersionOf({ group: 'apiregistration.k8s.io', version: 'v1' }),
  metadata: { name: `${version}.${group}` },
  spec: {
    service,
    group,
    version,
    insecureSkipTLSVerify: true,
    groupPriorityMinimum: 100,
    versionPriority: 100,
  },
});
