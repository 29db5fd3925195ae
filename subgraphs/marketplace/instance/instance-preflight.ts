import type { Caller } from '../../shared/caller.js';
import { BadUserInputError, ConflictError, QuotaExceededError } from '../../shared/errors.js';
import { quoted } from '../../shared/kubernetes/names.js';
import { compareQuantities, parseQuantity, readQuantity } from '../../shared/kubernetes/quantity.js';
import type { KubernetesObject } from '../../shared/kubernetes/wire.js';
import type { Offering } from '../offering/offering.js';
import { compareVersions } from '../offering/version-order.js';
import { claimNamesIn, type RenderedInstance, workloadOf } from './instance-manifests.js';
import { extraNeeds, needsOf, quotaShortfalls } from './quota-fit.js';
import { type RetainedData, readRetained, requireOwn } from './retained-data.js';
import { settled, unwrap } from './settled.js';
import type { InstancePlace, WorkloadClient } from './workload.client.js';

export type PlannedInstance = RenderedInstance & InstancePlace & { readonly adoptData: boolean };

/** What is found out from the cluster before anything is changed. Every refusal names its field and the remedy. */
export class InstancePreflight {
  constructor(private readonly client: WorkloadClient) {}

  /** The same, asked in the name of the person who wants the change. */
  actingFor(person: Caller): InstancePreflight {
    return new InstancePreflight(this.client.actingFor(person));
  }

  /** For a new instance. Gives the kept data that it will take over, if any. */
  async create(offering: Offering, instance: PlannedInstance): Promise<RetainedData | undefined> {
    const objects = workloadOf(offering, instance);
    // At once, because a mutation has 5 s; told in this order, whichever answers first.
    const [className, names, retained, room] = await Promise.all([
      settled(this.#requireStorageClass(instance)),
      settled(this.#requireNames(instance, objects)),
      settled(this.#retainedData(offering, instance)),
      settled(this.#requireRoom(instance, [], [secretLike, ...objects])),
    ]);
    unwrap(className);
    unwrap(names);
    const found = unwrap(retained);
    if (!found) await this.#requireNoClaims(instance, objects);
    unwrap(room);
    await this.client.requireApplicable(instance, objects);
    return found;
  }

  /** For a change of an instance that is there. */
  async update(
    offering: Offering,
    before: PlannedInstance,
    after: PlannedInstance,
    storageSize: string,
  ): Promise<void> {
    const sized = (instance: PlannedInstance, claimSize: string) =>
      workloadOf(offering, { ...instance, claimSize });
    const claims = await this.client.listClaims(before);
    const wanted = parseQuantity(storageSize, []);
    const growing = claims.filter(({ spec }) => {
      const size = readQuantity(spec?.resources?.requests?.['storage']);
      return size && compareQuantities(size, wanted) < 0;
    });
    if (growing.length > 0) {
      const expandable = new Set(
        (await this.client.listStorageClasses(before.clusterId))
          .filter(({ allowVolumeExpansion }) => allowVolumeExpansion === true)
          .map(({ metadata }) => metadata?.name),
      );
      const fixed = growing.find(({ spec }) => !expandable.has(spec?.storageClassName));
      if (fixed) {
        throw BadUserInputError.at(
          ['input', 'storage'],
          `The storage class ${quoted(fixed.spec?.storageClassName ?? '(none)')} does not let volumes grow: keep the size, or create a new instance in another class.`,
        );
      }
    }
    const beforeSize = claims[0]?.spec?.resources?.requests?.['storage'] ?? before.claimSize;
    await this.#requireRoom(before, sized(before, beforeSize), sized(after, storageSize));
    await this.client.requireApplicable(after, workloadOf(offering, after));
  }

  async #requireNames(instance: PlannedInstance, objects: readonly KubernetesObject[]): Promise<void> {
    const existing = await Promise.all(objects.map((object) => this.client.findLike(instance, object)));
    for (const object of existing) requireOwn(object, instance.id);
  }

  async #requireStorageClass(instance: PlannedInstance): Promise<void> {
    const name = instance.storageClass;
    if (name === null) return;
    const names = (await this.client.listStorageClasses(instance.clusterId)).map(
      ({ metadata }) => metadata?.name,
    );
    if (names.includes(name)) return;
    throw BadUserInputError.at(
      ['input', 'storageClass'],
      `The cluster has no storage class ${quoted(name)}: choose one of ${names.join(', ') || '(it has none)'}.`,
    );
  }

  async #retainedData(offering: Offering, instance: PlannedInstance): Promise<RetainedData | undefined> {
    const secret = await this.client.findSecret(instance, instance.credentialsSecret);
    const retained = secret && readRetained(secret);
    if (secret && !retained) requireOwn({ ...secret, kind: 'Secret' }, instance.id);
    if (!retained) {
      if (!instance.adoptData) return undefined;
      throw BadUserInputError.at(
        ['input', 'adoptRetainedData'],
        `No data of a deleted instance called ${quoted(instance.name)} was kept here: leave adoptRetainedData out.`,
      );
    }
    const { definition } = offering;
    if (!instance.adoptData || retained.offering !== definition.name) {
      throw new ConflictError(
        `The data of a deleted ${retained.offering} instance called ${quoted(instance.name)} is kept here: ` +
          (retained.offering === definition.name
            ? 'give adoptRetainedData: true to take it over, or choose another name.'
            : 'choose another name.'),
        { field: ['input', 'name'] },
      );
    }
    requireUpgrade(offering, retained.version, instance.version);
    for (const name of definition.immutableParameters) {
      if (
        retained.parameters[name] !== undefined &&
        retained.parameters[name] !== instance.parameters[name]
      ) {
        throw BadUserInputError.at(
          ['input', 'parameters', name],
          `The kept data has ${name} ${JSON.stringify(retained.parameters[name])}, which can't change: give the same.`,
        );
      }
    }
    return retained;
  }

  async #requireNoClaims(instance: PlannedInstance, objects: readonly KubernetesObject[]): Promise<void> {
    for (const name of claimNamesIn(objects)) {
      const claim = await this.client.findClaim(instance, name);
      requireOwn(claim && { ...claim, kind: 'PersistentVolumeClaim' }, instance.id);
    }
  }

  async #requireRoom(
    place: InstancePlace,
    before: readonly KubernetesObject[],
    after: readonly KubernetesObject[],
  ): Promise<void> {
    const quotas = await this.client.listQuotas(place);
    if (quotas.length === 0) return;
    const shortfalls = quotaShortfalls(quotas, extraNeeds(needsOf(before), needsOf(after)));
    if (shortfalls.length === 0) return;
    throw new QuotaExceededError(
      `The quota of the environment leaves no room: ${shortfalls.join('; ')}. Choose a smaller plan, or have the quota raised.`,
      ['input', 'plan'],
    );
  }
}

const secretLike: KubernetesObject = { apiVersion: 'v1', kind: 'Secret' };

/** Data written by one version is opened by the same or, where the offering says so, a newer one. */
export function requireUpgrade({ definition }: Offering, from: string, to: string): void {
  if (from === to) return;
  if (compareVersions(to, from) < 0) {
    throw BadUserInputError.at(
      ['input', 'version'],
      `${definition.displayName} ${to} can't open the data of ${from}: choose ${from} or newer.`,
    );
  }
  if (definition.upgrades === 'NONE') {
    throw BadUserInputError.at(
      ['input', 'version'],
      `${definition.displayName} can't be upgraded in place from ${from} to ${to}: create a new instance and copy the data.`,
    );
  }
}
