import type { Api, KubernetesObject } from '../storage/api.js';
import { readData, readField } from './references.js';

type Files = Record<string, string>;

/** The files of a container's volumes, by absolute path. A mounted directory without files holds nothing visible. */
export function mountedFiles(api: Api, pod: KubernetesObject, container: any): Files {
  const volumes: any[] = pod['spec'].volumes ?? [];
  const mounted = (container.volumeMounts ?? []).flatMap(({ name, mountPath, subPath }: any) => {
    const volume = volumes.find((candidate) => candidate.name === name);
    const files = Object.entries(volumeFiles(api, pod, volume ?? {}));
    if (files.length === 0) return [[`${mountPath}/.keep`, '']];
    if (subPath !== undefined)
      return files.filter(([path]) => path === subPath).map(([, content]) => [mountPath, content]);
    return files.map(([path, content]) => [`${mountPath}/${path}`.replaceAll('//', '/'), content]);
  });
  return Object.fromEntries(mounted);
}

function volumeFiles(api: Api, pod: KubernetesObject, volume: any): Files {
  const { namespace } = pod.metadata;
  const { secret, configMap, downwardAPI, projected } = volume;
  if (secret) return chosen(readData(api, 'secrets', namespace, secret.secretName), secret.items);
  if (configMap) return chosen(readData(api, 'configmaps', namespace, configMap.name), configMap.items);
  if (downwardAPI) return downward(pod, downwardAPI.items);
  const sources: any[] = projected?.sources ?? [];
  return Object.assign(
    {},
    ...sources.map((source) => {
      if (source.serviceAccountToken)
        return {
          [source.serviceAccountToken.path]:
            `sandbox.token.of.${pod['spec'].serviceAccountName ?? 'default'}`,
        };
      if (source.secret)
        return chosen(readData(api, 'secrets', namespace, source.secret.name), source.secret.items);
      if (source.configMap)
        return chosen(readData(api, 'configmaps', namespace, source.configMap.name), source.configMap.items);
      return downward(pod, source.downwardAPI?.items);
    }),
  );
}

const chosen = (data: Files | undefined, items: { key: string; path: string }[] | undefined): Files =>
  items
    ? Object.fromEntries(
        items.flatMap(({ key, path }) => (data?.[key] === undefined ? [] : [[path, data[key]]])),
      )
    : (data ?? {});

const downward = (pod: KubernetesObject, items: any[] = []): Files =>
  Object.fromEntries(
    items
      .filter(({ fieldRef }) => fieldRef)
      .map(({ path, fieldRef }) => [path, readField(pod, fieldRef.fieldPath)]),
  );
