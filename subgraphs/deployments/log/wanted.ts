import { NotFoundError } from '../../shared/errors.js';
import type { Pod } from '../../shared/kubernetes/resources.js';
import { containersOf } from './container-run.js';
import type { LogQuery } from './log-query.js';

/** A name that nothing has is a mistake rather than something to wait for in silence. Throws NotFoundError. */
export function requireWanted(query: LogQuery, pods: readonly Pod[], members: number): void {
  const names = new Set(pods.map((pod) => pod.metadata?.name));
  const pod = [...(query.pods ?? [])].find((name) => !names.has(name));
  if (pod !== undefined) throw new NotFoundError('Pod', pod, ['input', 'pods']);
  const container = [...(query.containers ?? [])].find(
    (name) => pods.length > 0 && !pods.some((other) => containersOf(other, new Set([name])).length > 0),
  );
  if (container !== undefined) throw new NotFoundError('Container', container, ['input', 'containers']);
  if (query.previous && members === 0) {
    throw new NotFoundError('Earlier run of a container', 'previous', ['input', 'previous']);
  }
}
