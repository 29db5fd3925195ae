import { ConflictError } from '../../shared/errors.js';
import { compareQuantities, parseQuantity, readQuantity } from '../../shared/kubernetes/quantity.js';
import type { PersistentVolumeClaim, Secret, StatefulSet } from '../../shared/kubernetes/resources.js';
import type { Offering } from '../offering/offering.js';
import type { InstanceEntity } from './instance.entity.js';
import { claimNamesIn, newSecretOf, workloadOf } from './instance-manifests.js';
import type { RandomText } from './random-text.js';
import { adoptRetained, readRetained, requireOwn } from './retained-data.js';
import type { WorkloadClient } from './workload.client.js';

/** Puts an instance's objects into its namespace. Every step may be done twice. */
export class InstanceDeployer {
  constructor(
    private readonly client: WorkloadClient,
    private readonly randomText: RandomText,
  ) {}

  /** Gives the generation of the StatefulSet that the cluster has been told of. */
  async apply(offering: Offering, instance: InstanceEntity): Promise<number> {
    const objects = workloadOf(offering, instance);
    const existing = await Promise.all(objects.map((object) => this.client.findLike(instance, object)));
    for (const object of existing) requireOwn(object, instance.id);
    await this.#provideCredentials(offering, instance);
    const names = claimNamesIn(objects);
    const claims = await Promise.all(names.map((name) => this.client.findClaim(instance, name)));
    for (const claim of claims) requireOwn(withKind('PersistentVolumeClaim', claim), instance.id);
    let generation = 1;
    for (const object of objects) {
      const applied = await this.client.apply(instance, object);
      if (object.kind === 'StatefulSet') generation = (applied as StatefulSet).metadata?.generation ?? 1;
    }
    return generation;
  }

  async growClaims(instance: InstanceEntity, claims: readonly PersistentVolumeClaim[]): Promise<void> {
    const wanted = parseQuantity(instance.storageSize, []);
    for (const claim of claims) {
      const size = readQuantity(claim.spec?.resources?.requests?.['storage']);
      if (size && compareQuantities(size, wanted) < 0)
        await this.client.growClaim(instance, claim, instance.storageSize);
    }
  }

  /** Credentials are made once and live in the cluster alone. */
  async #provideCredentials(offering: Offering, instance: InstanceEntity): Promise<void> {
    const existing = await this.client.findSecret(instance, instance.credentialsSecret);
    const retained = existing && readRetained(existing);
    if (retained && instance.adoptData) {
      await adoptRetained(this.client, instance, retained);
      return;
    }
    requireOwn(withKind('Secret', existing), instance.id);
    if (existing) return;
    if (instance.settledRevision !== null) {
      throw new ConflictError(
        `The Secret ${instance.credentialsSecret} with the credentials is gone from the cluster: new ones would not open the data. Put it back, or delete the instance.`,
      );
    }
    try {
      await this.client.createSecret(instance, newSecretOf(offering, instance, this.randomText));
    } catch (error) {
      if (!(error instanceof ConflictError)) throw error;
      // Another process was faster: its credentials are the ones.
      const theirs = await this.client.findSecret(instance, instance.credentialsSecret);
      requireOwn(withKind('Secret', theirs), instance.id);
    }
  }
}

const withKind = <T extends Secret | PersistentVolumeClaim>(
  kind: string,
  object: T | undefined,
): T | undefined => object && { ...object, kind };
