import { ConflictError } from '../../shared/errors.js';
import { readQuantity } from '../../shared/kubernetes/quantity.js';
import type { Secret } from '../../shared/kubernetes/resources.js';
import type { KubernetesObject } from '../../shared/kubernetes/wire.js';
import { instanceLabel } from '../offering/manifest-rendering.js';
import type { InstanceEntity } from './instance.entity.js';
import type { WorkloadClient } from './workload.client.js';

/**
 * Data that outlives its instance: the volumes, and the Secret without which nobody could read them. The Secret says
 * so by a label, and what its instance was by annotations, until an instance of the same name takes both over.
 */
const retainedLabel = 'meridian.dev/retained';
const versionAnnotation = 'meridian.dev/version';
const parametersAnnotation = 'meridian.dev/parameters';
const sizeAnnotation = 'meridian.dev/storage';
const offeringLabel = 'app.kubernetes.io/name';

export interface RetainedData {
  readonly secret: Secret;
  readonly instanceId: string;
  readonly offering: string;
  readonly version: string;
  readonly parameters: Readonly<Record<string, string | number | boolean>>;
  /** Wanted size of the kept volumes; null when it was not noted. */
  readonly claimSize: string | null;
}

/** Marks the data of an instance that is being deleted as kept. */
export async function markRetained(client: WorkloadClient, instance: InstanceEntity): Promise<void> {
  const secret = await client.findSecret(instance, instance.credentialsSecret);
  if (!secret) return;
  await client.relabel(
    instance,
    { ...secret, apiVersion: 'v1', kind: 'Secret' },
    {
      labels: { [retainedLabel]: 'true' },
      annotations: {
        [versionAnnotation]: instance.version,
        [parametersAnnotation]: JSON.stringify(instance.parameters),
        [sizeAnnotation]: instance.storageSize,
      },
    },
  );
}

/** What a Secret says of kept data; undefined when it belongs to something else. */
export function readRetained(secret: Secret): RetainedData | undefined {
  const { labels = {}, annotations = {} } = secret.metadata ?? {};
  const instanceId = labels[instanceLabel];
  if (labels[retainedLabel] !== 'true' || instanceId === undefined) return undefined;
  return {
    secret,
    instanceId,
    offering: labels[offeringLabel] ?? '',
    version: annotations[versionAnnotation] ?? '',
    parameters: parametersFrom(annotations[parametersAnnotation]),
    claimSize: readQuantity(annotations[sizeAnnotation]) ? (annotations[sizeAnnotation] ?? null) : null,
  };
}

/** Gives kept data to an instance. Done twice, it changes nothing. */
export async function adoptRetained(
  client: WorkloadClient,
  instance: InstanceEntity,
  retained: RetainedData,
): Promise<void> {
  const labels = { [instanceLabel]: instance.id };
  for (const claim of await client.listClaims({ ...instance, id: retained.instanceId })) {
    await client.relabel(instance, { ...claim, apiVersion: 'v1', kind: 'PersistentVolumeClaim' }, { labels });
  }
  // Last, because it is how the rest is found.
  await client.relabel(
    instance,
    { ...retained.secret, apiVersion: 'v1', kind: 'Secret' },
    {
      labels: { ...labels, [retainedLabel]: null },
      annotations: { [versionAnnotation]: null, [parametersAnnotation]: null, [sizeAnnotation]: null },
    },
  );
}

/** Refuses to write over what something else has made. */
export function requireOwn(existing: KubernetesObject | undefined, instanceId: string): void {
  if (!existing || existing.metadata?.labels?.[instanceLabel] === instanceId) return;
  throw new ConflictError(
    `The namespace has a ${existing.kind ?? 'thing'} called ${JSON.stringify(existing.metadata?.name)} that is not this instance's: choose another name.`,
    { field: ['input', 'name'] },
  );
}

function parametersFrom(text: string | undefined): RetainedData['parameters'] {
  try {
    const value: unknown = JSON.parse(text ?? '{}');
    return typeof value === 'object' && value !== null ? (value as RetainedData['parameters']) : {};
  } catch {
    return {};
  }
}
