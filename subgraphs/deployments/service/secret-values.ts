import type { Caller } from '../../shared/caller.js';
import { BadUserInputError } from '../../shared/errors.js';
import type { DeploymentRepository } from '../deployment/deployment.repository.js';
import type { ServiceSecretClient } from '../workload/service-secret.client.js';
import type { ServiceEntity } from './service.entity.js';
import { type SecretValue, secretKeysOf, secretNameOf } from './spec-merge.js';

/** Of all values of a Secret: https://kubernetes.io/docs/concepts/configuration/secret/#restriction-data-size */
const maximumBytes = 1024 * 1024;

type Held = ReadonlyMap<string, Buffer>;

/**
 * The secret values of a service. Those of earlier deployments stay, so that one can go back to them, for as long as
 * the Secret has room; then those go first that no deployment names, and that the oldest named last.
 */
export class SecretValues {
  constructor(
    private readonly client: Pick<ServiceSecretClient, 'find' | 'create' | 'change'>,
    private readonly deployments: Pick<
      DeploymentRepository,
      'find' | 'findSucceededBefore' | 'listSecretKeys'
    >,
  ) {}

  /** BadUserInputError when there is no room for them. */
  async add(person: Caller, service: ServiceEntity, values: readonly SecretValue[]): Promise<void> {
    if (values.length === 0) return;
    const name = secretNameOf(service.name);
    let held = await this.client.find(person, service, name);
    if (!held) {
      if (await this.client.create(person, service, name, values)) return;
      held = await this.client.find(person, service, name);
    }
    const forget = await this.#toForget(service, held ?? new Map(), values);
    await this.client.change(person, service, name, { add: values, forget });
  }

  /** What `add` would throw. */
  async requireRoom(person: Caller, service: ServiceEntity, values: readonly SecretValue[]): Promise<void> {
    if (values.length === 0) return;
    const held = await this.client.find(person, service, secretNameOf(service.name));
    await this.#toForget(service, held ?? new Map(), values);
  }

  /** Those that are there. */
  async read(person: Caller, service: ServiceEntity, keys: readonly string[]): Promise<SecretValue[]> {
    if (keys.length === 0) return [];
    const held = await this.client.find(person, service, secretNameOf(service.name));
    return keys.flatMap((key) => {
      const value = held?.get(key);
      return value === undefined ? [] : [{ key, value: value.toString() }];
    });
  }

  async #toForget(service: ServiceEntity, held: Held, values: readonly SecretValue[]): Promise<string[]> {
    const bytes = [...held.values()].reduce((sum, value) => sum + value.length, 0);
    const more = values.reduce((sum, { value }) => sum + Buffer.byteLength(value), 0);
    let excess = bytes + more - maximumBytes;
    if (excess <= 0) return [];
    const [kept, namedBy] = await Promise.all([
      this.#keptKeys(service),
      this.deployments.listSecretKeys(service.id, secretNameOf(service.name)),
    ]);
    const oldest = [...held]
      .filter(([key]) => !kept.has(key))
      .sort(([one], [other]) => (namedBy.get(one) ?? 0) - (namedBy.get(other) ?? 0));
    const forgotten: string[] = [];
    for (const [key, value] of oldest) {
      if (excess <= 0) break;
      excess -= value.length;
      forgotten.push(key);
    }
    if (excess <= 0) return forgotten;
    throw BadUserInputError.at(
      ['input', 'spec'],
      `The secret values that the service runs with and the new ones hold ${excess} bytes more than the ${maximumBytes} that fit in a Secret: make them smaller, or name a Secret of your own with secretRef.`,
    );
  }

  /** Of what runs, what is tried beside it, and what it would go back to. */
  async #keptKeys(service: ServiceEntity): Promise<Set<string>> {
    const current = service.currentDeploymentId
      ? await this.deployments.find(service.currentDeploymentId)
      : undefined;
    const [base, before] = await Promise.all([
      current?.baseId ? this.deployments.find(current.baseId) : undefined,
      current && this.deployments.findSucceededBefore(current),
    ]);
    const specs = [service.spec, ...[current, base, before].flatMap((row) => (row ? [row.spec] : []))];
    return new Set(specs.flatMap((spec) => secretKeysOf(service.name, spec)));
  }
}
