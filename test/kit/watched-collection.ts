import { afterEach } from 'vitest';
import { Connections, type CredentialsSource } from '../../subgraphs/shared/kubernetes/connections.js';
import type { Informer, InformerEvent } from '../../subgraphs/shared/kubernetes/informer.js';
import { Informers, type InformersOptions } from '../../subgraphs/shared/kubernetes/informers.js';
import { type ConfigMap, resources } from '../../subgraphs/shared/kubernetes/resources.js';
import { FakeApiServer, noActors, policyFor, silentLogger, tokenFor } from './fake-api-server.js';
import { FakeCollection } from './fake-collection.js';

const stack: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const dispose of stack.splice(0).reverse()) await dispose();
});

export interface Watched {
  collection: FakeCollection;
  server: FakeApiServer;
  connections: Connections;
  informers: Informers;
  informer: Informer<ConfigMap>;
  events: InformerEvent<ConfigMap>[];
  /** Delays that were asked for. */
  waits: number[];
  /** Events so far as `TYPE name`, and forgets them. */
  seen(): string[];
  /** Gives the lease back that the informer is held by. */
  stopOwn: () => void;
  /** Keeps the informer from trying again until the returned function is called. */
  holdRetries(): () => void;
  credentials: { current: Awaited<ReturnType<CredentialsSource['find']>> };
}

/** An informer of ConfigMaps of a fake cluster. Time passes as it is waited for; everything is stopped after the test. */
export async function watched(
  prepare: (collection: FakeCollection) => void = () => undefined,
  options: Partial<InformersOptions> & { labelSelector?: string } = {},
): Promise<Watched> {
  const { labelSelector, ...rest } = options;
  const collection = new FakeCollection();
  prepare(collection);
  const server = await FakeApiServer.start(collection.handler);
  const credentials: Watched['credentials'] = {
    current: { clusterName: 'alpha', credentials: tokenFor(server.origin) },
  };
  const connections = new Connections({
    actors: noActors,
    source: { find: async () => credentials.current },
    addressPolicy: policyFor(server.origin),
    logger: silentLogger,
    // Time passes as it is waited for.
    clock: { now: () => Date.now() + waits.reduce((sum, ms) => sum + ms, 0) },
  });
  const waits: number[] = [];
  let retries = Promise.resolve();
  const holdRetries = () => {
    let go: () => void = () => undefined;
    retries = new Promise((resolve) => {
      go = resolve;
    });
    return go;
  };
  const informers = new Informers({
    connections,
    logger: silentLogger,
    random: () => 0,
    wait: async (ms) => {
      waits.push(ms);
      await new Promise((resolve) => setTimeout(resolve, 1));
      await retries;
    },
    ...rest,
  });
  stack.push(
    () => server.close(),
    () => connections.dispose(),
    () => informers.dispose(),
  );
  const { informer, release } = informers.acquire({
    clusterId: 'cluster_a',
    resource: resources.configMaps,
    ...(labelSelector ? { labelSelector } : {}),
    indexes: { value: (object) => [object.data?.['v'] ?? ''] },
  });
  const events: InformerEvent<ConfigMap>[] = [];
  informer.subscribe((event) => events.push(event));
  const seen = () =>
    events.splice(0).map((event) => ('key' in event ? `${event.type} ${event.key}` : event.type));
  return {
    collection,
    server,
    connections,
    informers,
    informer,
    events,
    waits,
    seen,
    stopOwn: release,
    holdRetries,
    credentials,
  };
}

/** The field `v` of each object, by name. */
export const dataOf = (informer: Informer<ConfigMap>) =>
  Object.fromEntries(informer.list().map((object) => [object.metadata?.name, object.data?.['v']]));
