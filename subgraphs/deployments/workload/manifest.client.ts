import { stringify } from 'yaml';
import type { Connections } from '../../shared/kubernetes/connections.js';
import { listObjects } from '../../shared/kubernetes/objects.js';
import { apiVersionOf, type Resource, resources } from '../../shared/kubernetes/resources.js';
import type { KubernetesObject } from '../../shared/kubernetes/wire.js';
import { serviceLabel } from './labels.js';

const kinds: readonly Resource[] = [
  resources.deployments,
  resources.services,
  resources.ingresses,
  resources.configMaps,
  resources.secrets,
  resources.persistentVolumeClaims,
];

const hidden = '***';

/** Shows what is in the cluster, without what is secret. */
export class ManifestClient {
  constructor(private readonly connections: Pick<Connections, 'get'>) {}

  /** YAML documents of the service's objects. */
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

/** Values of Secrets, and the annotation and bookkeeping that repeat what was applied, stay here (SE-2). */
export function redacted(object: KubernetesObject): object {
  const {
    managedFields: _,
    annotations,
    ...metadata
  } = (object.metadata ?? {}) as Record<string, unknown> & {
    annotations?: Record<string, string>;
  };
  const kept = Object.fromEntries(
    Object.entries(annotations ?? {}).filter(
      ([name]) => name !== 'kubectl.kubernetes.io/last-applied-configuration',
    ),
  );
  const { apiVersion, kind, metadata: __, ...rest } = object as KubernetesObject & Record<string, unknown>;
  const shown = {
    apiVersion,
    kind,
    metadata: { ...metadata, ...(Object.keys(kept).length > 0 ? { annotations: kept } : {}) },
    ...rest,
  };
  if (kind !== 'Secret') return shown;
  const hide = (values: unknown): object =>
    Object.fromEntries(Object.keys((values ?? {}) as object).map((key) => [key, hidden]));
  return {
    ...shown,
    ...('data' in rest ? { data: hide(rest['data']) } : {}),
    ...('stringData' in rest ? { stringData: hide(rest['stringData']) } : {}),
  };
}
