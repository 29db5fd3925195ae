import type { GraphqlClient } from '../../kit/graphql-client.js';
import type { Stack } from '../../kit/stack.js';
import { eventually } from '../../kit/wait.js';

const document = `subscription ($id: ID!) { podStatus(serviceId: $id) { __typename
  ... on PodsSnapshot { pods { name status } observed { stale error { code } } }
  ... on PodAdded { pod { name status } } ... on PodChanged { pod { name status } } ... on PodRemoved { name }
  ... on StreamReset { reason } } }`;

/** A subscriber to the pods of a service, who writes down what it is told. */
export class PodStream {
  readonly events: any[] = [];
  ended: unknown;
  /** Of its own, because closing it is what ends a subscription that waits. */
  readonly #client: GraphqlClient;
  readonly #reading: Promise<void>;

  constructor(stack: Stack, serviceId: string) {
    this.#client = stack.client(stack.admin.token);
    this.#reading = this.#read(serviceId);
  }

  async #read(serviceId: string): Promise<void> {
    try {
      for await (const event of this.#client.subscribe(document, { id: serviceId })) this.events.push(event);
      this.ended = 'completed';
    } catch (error) {
      this.ended = error;
    }
  }

  /** What the subscriber believes to be there now. */
  pods(): Map<string, string> {
    const pods = new Map<string, string>();
    for (const event of this.events) {
      if (event.__typename === 'PodsSnapshot') {
        pods.clear();
        for (const { name, status } of event.pods) pods.set(name, status);
      } else if (event.__typename === 'PodRemoved') pods.delete(event.name);
      else if (event.pod) pods.set(event.pod.name, event.pod.status);
    }
    return pods;
  }

  snapshots(): any[] {
    return this.events.filter(({ __typename }) => __typename === 'PodsSnapshot');
  }

  /** Waits for a snapshot that is stale, or is not any more, after `from` events. */
  staleness(stale: boolean, from = 0): Promise<any> {
    return eventually(
      () =>
        this.events
          .slice(from)
          .find((event) => event.__typename === 'PodsSnapshot' && event.observed.stale === stale),
      { seconds: 40, what: `a snapshot that is ${stale ? '' : 'not '}stale` },
    );
  }

  /** Names that were said to be added (or removed) more than once after `from` events. */
  repeated(type: 'PodAdded' | 'PodRemoved', from = 0): string[] {
    const names = this.events
      .slice(from)
      .filter(({ __typename }) => __typename === type)
      .map((event) => event.name ?? event.pod.name);
    return names.filter((name, i) => names.indexOf(name) !== i);
  }

  async stop(): Promise<void> {
    await this.#client.dispose();
    await this.#reading;
  }
}
