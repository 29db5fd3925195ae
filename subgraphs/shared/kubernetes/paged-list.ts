import { TooLargeError } from '../errors.js';
import type { KubernetesConnection } from './connection.js';
import { listPage, mostPages } from './objects.js';
import type { ReflectorSink } from './reflector-sink.js';
import { apiVersionOf, type Resource } from './resources.js';
import { trimmed } from './trimming.js';
import { isReadable } from './watch-events.js';
import type { KubernetesObject } from './wire.js';

/** Puts all objects into the sink, page by page as they come. Gives the version that they are of. TooLargeError for a list without end. */
export async function listInto<T extends KubernetesObject>(
  sink: Pick<ReflectorSink<T>, 'startReplacing' | 'finishReplacing' | 'put' | 'unreadable'>,
  connection: KubernetesConnection,
  {
    resource,
    labelSelector,
    signal,
  }: {
    readonly resource: Resource<T>;
    readonly labelSelector: string | undefined;
    readonly signal: AbortSignal;
  },
): Promise<string> {
  // Items of a list don't say what they are; objects of a watch do.
  const type = { apiVersion: apiVersionOf(resource), kind: resource.kind };
  const selector = labelSelector ? { labelSelector } : {};
  let next = '';
  sink.startReplacing();
  for (let pages = 0; pages < mostPages; pages++) {
    const page = await listPage(connection, resource, { ...selector, continue: next, signal });
    if (signal.aborted) return page.resourceVersion;
    for (const item of page.items) {
      if (isReadable<T>(item)) sink.put(Object.assign(trimmed(item, resource), type));
      else sink.unreadable();
    }
    next = page.continue;
    if (next !== '') continue;
    sink.finishReplacing();
    return page.resourceVersion;
  }
  throw new TooLargeError(
    `Cluster ${JSON.stringify(connection.clusterName)} has more than ${mostPages} pages of ${resource.resource}.`,
  );
}
