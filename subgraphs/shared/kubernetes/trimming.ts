import type { Resource } from './resources.js';
import type { KubernetesObject } from './wire.js';

const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';
/** Nothing that Meridian reads is longer; a single annotation may have 256 KB. */
const longestAnnotation = 4 * 1024;

type Fields = Record<string, unknown>;

/**
 * Drops, in place, what no field reads and what may hold secrets: most of an object's size. Of whatever shape the
 * cluster gave it.
 */
export function trimmed<T extends KubernetesObject>(object: T, resource: Resource): T {
  const metadata = object.metadata as { managedFields?: unknown; annotations?: Fields | null };
  delete metadata.managedFields;
  const { annotations } = metadata;
  for (const [name, value] of Object.entries(fieldsOf(annotations))) {
    if (name === lastApplied || typeof value !== 'string' || value.length > longestAnnotation) {
      delete annotations?.[name];
    }
  }
  trimmers[resource.kind]?.(object as Fields);
  return object;
}

const trimmers: Readonly<Record<string, (object: Fields) => void>> = {
  Pod: ({ spec }) => trimPodSpec(fieldsOf(spec)),
  ReplicaSet: ({ spec }) => trimPodSpec(fieldsOf(fieldsOf(fieldsOf(spec)['template'])['spec'])),
  // Up to 50 images with all their names: more than all the rest of a node.
  Node: ({ status }) => drop(fieldsOf(status), 'images', 'volumesInUse', 'volumesAttached'),
};

/** Values of variables stay in the cluster. */
function trimPodSpec(spec: Fields): void {
  drop(spec, 'tolerations');
  for (const list of [spec['containers'], spec['initContainers'], spec['ephemeralContainers']]) {
    if (!Array.isArray(list)) continue;
    for (const container of list) drop(fieldsOf(container), 'env', 'envFrom', 'volumeMounts');
  }
}

function drop(fields: Fields, ...names: readonly string[]): void {
  for (const name of names) delete fields[name];
}

const fieldsOf = (value: unknown): Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {};
