import type { Api, KubernetesObject } from '../storage/api.js';

const decode = (encoded: string): string => Buffer.from(encoded, 'base64').toString('utf8');

/** The data of a ConfigMap or Secret as text; undefined when it is missing. */
export function readData(
  api: Api,
  resource: 'configmaps' | 'secrets',
  namespace: string | undefined,
  name: string,
): Record<string, string> | undefined {
  const object = api.get(resource, namespace, name);
  if (!object) return undefined;
  const entries = Object.entries<string>(object['data'] ?? {});
  if (resource === 'configmaps') return Object.fromEntries(entries);
  return Object.fromEntries(entries.map(([key, value]) => [key, decode(value)]));
}

export class MissingReferenceError extends Error {}

type Kind = 'configmap' | 'secret';

/** The container's environment. Throws MissingReferenceError in the kubelet's words. */
export function readEnvironment(api: Api, pod: KubernetesObject, container: any): Record<string, string> {
  const { namespace } = pod.metadata;
  const environment: Record<string, string> = {};
  const read = (kind: Kind, { name, optional }: { name: string; optional?: boolean }) => {
    const data = readData(api, `${kind}s`, namespace, name);
    if (!data && !optional) throw new MissingReferenceError(`${kind} "${name}" not found`);
    return data;
  };
  const readKey = (kind: Kind, reference: any): string | undefined => {
    const data = read(kind, reference);
    const value = data?.[reference.key];
    if (data && value === undefined && !reference.optional)
      throw new MissingReferenceError(
        `couldn't find key ${reference.key} in ${kind === 'secret' ? 'Secret' : 'ConfigMap'} ${namespace}/${reference.name}`,
      );
    return value;
  };
  for (const { prefix = '', configMapRef, secretRef } of container.envFrom ?? []) {
    const data = configMapRef
      ? read('configmap', configMapRef)
      : secretRef
        ? read('secret', secretRef)
        : undefined;
    for (const [key, value] of Object.entries(data ?? {})) environment[prefix + key] = value;
  }
  for (const { name, value, valueFrom } of container.env ?? []) {
    const resolved = valueFrom?.configMapKeyRef
      ? readKey('configmap', valueFrom.configMapKeyRef)
      : valueFrom?.secretKeyRef
        ? readKey('secret', valueFrom.secretKeyRef)
        : valueFrom?.fieldRef
          ? readField(pod, valueFrom.fieldRef.fieldPath)
          : valueFrom?.resourceFieldRef
            ? readResource(container, valueFrom.resourceFieldRef)
            : expand(value ?? '', environment);
    if (resolved !== undefined) environment[name] = resolved;
  }
  return environment;
}

/** `$(NAME)` of an earlier variable; `$$(NAME)` stays literal. */
export const expand = (text: string, environment: Readonly<Record<string, string>>): string =>
  text.replace(/\$?\$\(([\w.-]+)\)/g, (whole, name: string) =>
    whole.startsWith('$$') ? whole.slice(1) : (environment[name] ?? whole),
  );

export function readField(pod: KubernetesObject, path: string): string {
  const keyed = /^metadata\.(labels|annotations)\['(.+)'\]$/.exec(path);
  if (keyed) return pod.metadata[keyed[1] as 'labels']?.[keyed[2] ?? ''] ?? '';
  const value = path.split('.').reduce((object: any, field) => object?.[field], pod);
  return typeof value === 'object' && value !== null ? labelLines(value) : String(value ?? '');
}

const labelLines = (labels: Record<string, string>): string =>
  Object.entries(labels)
    .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
    .join('\n');

function readResource(container: any, { resource }: { resource: string }): string {
  const [list = '', name = ''] = resource.split('.');
  return String(container.resources?.[list]?.[name] ?? '0');
}

/** Every namespace gets it, perhaps a moment after its first pod. */
const ROOT_CA = 'kube-root-ca.crt';

/** The first volume whose source is missing, as FailedMount reports it. */
export function missingVolume(api: Api, pod: KubernetesObject): string | undefined {
  const { namespace } = pod.metadata;
  const sources = (pod['spec'].volumes ?? []).flatMap((volume: any) => [
    {
      volume: volume.name,
      kind: 'secret',
      name: volume.secret?.secretName,
      optional: volume.secret?.optional,
    },
    {
      volume: volume.name,
      kind: 'configmap',
      name: volume.configMap?.name,
      optional: volume.configMap?.optional,
    },
    ...(volume.projected?.sources ?? []).flatMap((source: any) => [
      { volume: volume.name, kind: 'secret', ...source.secret },
      { volume: volume.name, kind: 'configmap', ...source.configMap },
    ]),
  ]);
  const missing = sources.find(
    ({ kind, name, optional }: any) =>
      name && !optional && name !== ROOT_CA && !api.get(`${kind}s`, namespace, name),
  );
  return (
    missing &&
    `MountVolume.SetUp failed for volume "${missing.volume}" : ${missing.kind} "${missing.name}" not found`
  );
}
