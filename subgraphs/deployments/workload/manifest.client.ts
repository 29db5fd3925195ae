import { stringify } from 'yaml';
import type { Connections } from '../../shared/kubernetes/connections.js';
import { listObjects } from '../../shared/kubernetes/objects.js';
import { apiVersionOf, type Resource, resources } from '../../shared/kubernetes/resources.js';
import type { KubernetesObject } from '../../shared/kubernetes/wire.js';
import { serviceLabel } from './labels.js';
import { hiddenValue, looksSecret, withoutSecrets } from './redaction.js';

/** Everything that Meridian applies for a service; its canary is a second Deployment. */
const kinds: readonly Resource[] = [
  resources.deployments,
  resources.horizontalPodAutoscalers,
  resources.services,
  resources.ingresses,
  resources.configMaps,
  resources.secrets,
  resources.persistentVolumeClaims,
];

/** Shows what is in the cluster, without what is secret. */
export class ManifestClient {
  constructor(private readonly connections: Pick<Connections, 'get'>) {}

  /** YAML documents of the service's objects. One call for each kind. */
  async get(service: { id: string; clusterId: string; namespace: string }): Promise<string> {
    const connection = await this.connections.get(service.clusterId);
    const lists = await Promise.all(
      kinds.map(async (resource) => {
        const { items } = await listObjects(connection, resource, {
          namespace: service.namespace,
          labelSelector: `${serviceLabel}=${service.id}`,
        });
        // Items of a list do not say what they are.
        return items.map((item) => ({ ...item, apiVersion: apiVersionOf(resource), kind: resource.kind }));
      }),
    );
    return toManifest(lists.flat());
  }
}

export const toManifest = (objects: readonly KubernetesObject[]): string =>
  objects.map((object) => stringify(redacted(object), { aliasDuplicateObjects: false })).join('---\n');

const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';

/**
 * Values of Secrets, what looks like one elsewhere, and the annotation and bookkeeping that repeat what was applied
 * stay here (SE-2).
 */
export function redacted(object: KubernetesObject): object {
  const { apiVersion, kind, metadata = {}, ...rest } = object as KubernetesObject & Record<string, unknown>;
  const {
    managedFields: _,
    annotations = {},
    ...others
  } = metadata as Record<string, unknown> & { annotations?: Record<string, string> };
  const { [lastApplied]: __, ...kept } = annotations;
  const shown = { ...others, ...(Object.keys(kept).length > 0 ? { annotations: hideNamed(kept) } : {}) };
  const hide = kind === 'Secret' ? hideAll : hideNamed;
  const fields = Object.entries(rest).map(([name, value]) => [
    name,
    ['data', 'stringData', 'binaryData'].includes(name) ? hide(value) : withoutSecrets(value),
  ]);
  return { apiVersion, kind, metadata: shown, ...Object.fromEntries(fields) };
}

const hideAll = (values: unknown): object =>
  Object.fromEntries(Object.keys((values ?? {}) as object).map((key) => [key, hiddenValue]));

const hideNamed = (values: unknown): object =>
  Object.fromEntries(
    Object.entries((values ?? {}) as object).map(([key, value]) => [
      key,
      looksSecret(key) ? hiddenValue : withoutSecrets(value),
    ]),
  );
