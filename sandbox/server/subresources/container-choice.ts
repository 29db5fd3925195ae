import type { KubernetesObject } from '../../storage/api.js';
import { badRequest } from '../../storage/api-errors.js';

/** The container that a log or exec request means. Unlike kubectl, the server never takes the first of several. */
export const chooseContainer = (pod: KubernetesObject, wanted: string | null): string => {
  const { initContainers = [], containers = [], ephemeralContainers = [] } = pod['spec'];
  const names: string[] = [...initContainers, ...containers, ...ephemeralContainers].map(
    ({ name }: any) => name,
  );
  if (wanted) {
    if (!names.includes(wanted))
      throw badRequest(`container ${wanted} is not valid for pod ${pod.metadata.name}`);
    return wanted;
  }
  if (containers.length === 1) return containers[0].name;
  throw badRequest(
    `a container name must be specified for pod ${pod.metadata.name}, choose one of: [${names.join(' ')}]`,
  );
};

export const containerStatus = (pod: KubernetesObject, container: string): any => {
  const {
    initContainerStatuses = [],
    containerStatuses = [],
    ephemeralContainerStatuses = [],
  } = pod['status'] ?? {};
  return [...initContainerStatuses, ...containerStatuses, ...ephemeralContainerStatuses].find(
    ({ name }: any) => name === container,
  );
};
