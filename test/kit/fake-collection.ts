import type { ServerResponse } from 'node:http';
import type { ConfigMap } from '../../subgraphs/shared/kubernetes/resources.js';
import { type FakeHandler, type FakeRequest, sendJson, sendStatus } from './fake-api-server.js';

interface WatchEvent {
  readonly version: number;
  readonly type: string;
  readonly object: ConfigMap;
}

interface OpenWatch {
  readonly response: ServerResponse;
  readonly selector: string;
}

/** ConfigMaps of one fake cluster, listed and watched as an API server does, with faults on demand. */
export class FakeCollection {
  version = 100;
  /** Watches from versions below this are told 410. */
  oldest = 0;
  pageSize = 500;
  /** Streams the objects that are there when asked for them; refuses otherwise, as servers before 1.32 do. */
  watchList = false;
  readonly lists: FakeRequest[] = [];
  /** Refused, as servers without WatchList do. */
  readonly refusedStreams: FakeRequest[] = [];
  /** What is asked to tell silence from death: whether it knows a version, and what happened after it. */
  readonly proofs: FakeRequest[] = [];
  readonly watches: FakeRequest[] = [];
  readonly open = new Set<OpenWatch>();
  /** Take the place of the well-behaved answers while set. */
  onList: FakeHandler | undefined;
  onWatch: FakeHandler | undefined;
  onProof: FakeHandler | undefined;
  readonly #responses = new Set<ServerResponse>();
  readonly #objects = new Map<string, ConfigMap>();
  readonly #history: WatchEvent[] = [];
  #uids = 0;

  readonly handler: FakeHandler = (request, response) => {
    this.#responses.add(response);
    response.on('close', () => this.#responses.delete(response));
    const { searchParams } = request.url;
    const watching = searchParams.has('watch');
    if (searchParams.get('limit') === '1' || searchParams.get('timeoutSeconds') === '1') {
      this.proofs.push(request);
      const fault = this.onProof;
      if (fault) return fault(request, response);
      return watching ? this.#watch(request, response) : this.#list(request, response);
    }
    if (searchParams.has('sendInitialEvents') && !this.watchList) {
      this.refusedStreams.push(request);
      return sendStatus(response, 422, 'Invalid', noWatchList);
    }
    (watching ? this.watches : this.lists).push(request);
    const fault = watching ? this.onWatch : this.onList;
    if (fault) return fault(request, response);
    return watching ? this.#watch(request, response) : this.#list(request, response);
  };

  put(name: string, data: Record<string, string>, labels: Record<string, string> = { app: 'x' }): void {
    const previous = this.#objects.get(name);
    const object: ConfigMap = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: {
        name,
        namespace: 'dev',
        uid: previous?.metadata?.uid ?? `uid-${++this.#uids}`,
        resourceVersion: String(++this.version),
        labels,
        annotations: { 'kubectl.kubernetes.io/last-applied-configuration': '{"secret":1}', kept: 'yes' },
        managedFields: [{ manager: 'kubectl' }],
      },
      data,
    };
    this.#objects.set(name, object);
    this.#record(previous ? 'MODIFIED' : 'ADDED', object, previous);
  }

  remove(name: string): void {
    const object = this.#objects.get(name);
    if (!object) throw new Error(`${name} is not there`);
    this.#objects.delete(name);
    const last = { ...object, metadata: { ...object.metadata, resourceVersion: String(++this.version) } };
    this.#record('DELETED', last, object);
  }

  /** Forgets history, as etcd does after some minutes. */
  compact(): void {
    this.oldest = this.version;
    this.#history.length = 0;
  }

  bookmark(): void {
    for (const watch of this.open) watch.response.write(bookmarkLine(this.version));
  }

  write(text: string | Buffer): void {
    for (const watch of this.open) watch.response.write(text);
  }

  /** Ends the watches properly (`end`) or breaks their connections. */
  endWatches(how: 'end' | 'break'): void {
    for (const { response } of this.open) {
      if (how === 'end') response.end();
      else response.destroy();
    }
    this.open.clear();
  }

  /** Breaks the connection of every answer that is under way. */
  breakConnections(): void {
    for (const response of this.#responses) response.destroy();
  }

  #record(type: string, object: ConfigMap, previous: ConfigMap | undefined): void {
    this.#history.push({ version: this.version, type, object: structuredClone(object) });
    for (const watch of this.open) {
      const line = selectedLine({ version: this.version, type, object }, previous, watch.selector);
      if (line) watch.response.write(line);
    }
  }

  #list(request: FakeRequest, response: ServerResponse): void {
    const { searchParams } = request.url;
    if (Number(searchParams.get('resourceVersion') ?? 0) > this.version) {
      sendStatus(response, 504, 'Timeout', 'Timeout: Too large resource version', {
        details: { causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }] },
      });
      return;
    }
    const all = [...this.#objects.values()].filter((object) =>
      matches(object, searchParams.get('labelSelector') ?? ''),
    );
    const start = Number(searchParams.get('continue') ?? 0);
    const end = start + Math.min(this.pageSize, Number(searchParams.get('limit') ?? all.length));
    sendJson(response, 200, {
      kind: 'ConfigMapList',
      metadata: {
        resourceVersion: String(this.version),
        ...(end < all.length ? { continue: String(end) } : {}),
      },
      items: all.slice(start, end).map(({ apiVersion: _a, kind: _k, ...item }) => item),
    });
  }

  #watch(request: FakeRequest, response: ServerResponse): void {
    const { searchParams } = request.url;
    const from = Number(searchParams.get('resourceVersion'));
    const watch = { response, selector: searchParams.get('labelSelector') ?? '' };
    response.writeHead(200, { 'content-type': 'application/json' });
    response.flushHeaders();
    const initial = searchParams.has('sendInitialEvents');
    if (from < this.oldest && !initial) {
      response.end(expiredLine);
      return;
    }
    if (searchParams.get('timeoutSeconds') === '1') setTimeout(() => response.end(), proofMilliseconds);
    else this.open.add(watch);
    response.on('close', () => this.open.delete(watch));
    if (initial) {
      for (const object of this.#objects.values()) {
        if (matches(object, watch.selector)) response.write(lineOf('ADDED', object));
      }
      response.write(bookmarkLine(this.version, { 'k8s.io/initial-events-end': 'true' }));
      return;
    }
    for (const event of this.#history.filter(({ version }) => version > from)) {
      const line = selectedLine(event, undefined, watch.selector);
      if (line) response.write(line);
    }
  }
}

export const expiredLine = `${JSON.stringify({
  type: 'ERROR',
  object: {
    kind: 'Status',
    status: 'Failure',
    message: 'too old resource version: 1 (6424)',
    reason: 'Expired',
    code: 410,
  },
})}\n`;

/** Instead of the second that it says, so that tests don't wait for it. */
const proofMilliseconds = 50;

const noWatchList =
  'ListOptions.meta.k8s.io "" is invalid: sendInitialEvents: Forbidden: sendInitialEvents is forbidden for watch unless the WatchList feature gate is enabled';

const lineOf = (type: string, object: object): string => `${JSON.stringify({ type, object })}\n`;

export const bookmarkLine = (version: number, annotations?: Record<string, string>): string =>
  lineOf('BOOKMARK', {
    kind: 'ConfigMap',
    apiVersion: 'v1',
    metadata: { resourceVersion: String(version), ...(annotations ? { annotations } : {}) },
  });

const matches = (object: ConfigMap, selector: string): boolean => {
  const [key = '', value] = selector.split('=');
  return selector === '' || object.metadata?.labels?.[key] === value;
};

/** An object that leaves the selector is DELETED, one that enters is ADDED (kubernetes-captures 04). */
function selectedLine(
  event: WatchEvent,
  previous: ConfigMap | undefined,
  selector: string,
): string | undefined {
  const now = event.type !== 'DELETED' && matches(event.object, selector);
  const before = previous ? matches(previous, selector) : event.type !== 'ADDED';
  if (!now && !before) return undefined;
  const type = now ? (before ? 'MODIFIED' : 'ADDED') : 'DELETED';
  return lineOf(type, event.object);
}
