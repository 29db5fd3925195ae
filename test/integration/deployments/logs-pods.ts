import { serviceLabel } from '../../../subgraphs/deployments/workload/labels.js';
import type { GraphqlClient } from '../../kit/graphql-client.js';
import type { SeededService } from '../../kit/seed.js';
import { eventually } from '../../kit/wait.js';
import type { ApiClient } from '../../sandbox/api-client.js';

type Data = any;

export const serviceLogs = `subscription ($input: ServiceLogsInput!) { serviceLogs(input: $input) { __typename
  ... on LogLines { cursor lines { at pod container generation text partial hasControlCharacters } }
  ... on LogPodJoined { cursor pod container generation restarts } ... on LogPodLeft { cursor pod container reason }
  ... on LogGap { cursor dropped reason } ... on LogCompleted { cursor reason } } }`;

export const logs = `query ($input: LogsInput!) { logs(input: $input) { cursor truncated gaps { dropped reason }
  lines { at pod container text partial } } }`;

/** A shell script that counts: what a reader lost or had twice shows. */
export const counting = 'i=0; while true; do i=$((i+1)); echo line $i; sleep 0.2; done';

/** Puts a pod of our own making among a service's pods. */
export async function addPod(
  cluster: ApiClient,
  service: SeededService,
  name: string,
  options: { script?: string; annotations?: Record<string, string>; spec?: object } = {},
): Promise<void> {
  const command = options.script === undefined ? {} : { command: ['sh', '-c', options.script] };
  const image = options.script === undefined ? 'nginx:1.27' : 'busybox:1.36';
  const { code, body } = await cluster.post(`/api/v1/namespaces/${service.namespace}/pods`, {
    metadata: {
      name,
      labels: { 'app.kubernetes.io/managed-by': 'meridian', [serviceLabel]: service.serviceId },
      annotations: options.annotations ?? {},
    },
    spec: {
      terminationGracePeriodSeconds: 0,
      containers: [
        {
          name: 'app',
          image,
          resources: { requests: { cpu: '1m', memory: '1Mi' }, limits: { cpu: '10m', memory: '4Mi' } },
          ...command,
        },
      ],
      ...options.spec,
    },
  });
  if (code !== 201) throw new Error(`pod ${name}: ${code} ${JSON.stringify(body)}`);
}

export const deletePod = (cluster: ApiClient, { namespace }: SeededService, name: string): Promise<unknown> =>
  cluster.delete(`/api/v1/namespaces/${namespace}/pods/${name}`);

/** Waits until a container of the pod has written so many lines, as the cluster itself says. */
export const written = (
  cluster: ApiClient,
  { namespace }: SeededService,
  pod: string,
  lines = 1,
): Promise<unknown> =>
  eventually(
    async () => {
      const { code, body } = await cluster.get(
        `/api/v1/namespaces/${namespace}/pods/${pod}/log?container=app`,
      );
      return code === 200 && String(body).split('\n').length > lines;
    },
    { what: `${lines} lines of ${pod}` },
  );

/** The events of a stream as they come, with its lines apart. */
export class Reading {
  readonly events: Data[] = [];
  readonly lines: Data[] = [];
  error: unknown;
  ended = false;
  readonly #stream: AsyncGenerator<Data>;

  constructor(client: GraphqlClient, input: object) {
    this.#stream = client.subscribe(serviceLogs, { input });
    void this.#read();
  }

  async #read(): Promise<void> {
    try {
      for await (const event of this.#stream) {
        this.events.push(event);
        if (event.__typename === 'LogLines') this.lines.push(...event.lines);
      }
    } catch (error) {
      this.error = error;
    }
    this.ended = true;
  }

  of(type: string): Data[] {
    return this.events.filter(({ __typename }) => __typename === type);
  }

  get cursor(): string {
    return this.events.at(-1)?.cursor;
  }

  /** The numbers that a counting pod wrote. */
  numbers(pod: string): number[] {
    return this.lines
      .filter((line) => line.pod === pod && line.text.startsWith('line '))
      .map(({ text }) => Number(text.slice(5)));
  }

  async until(condition: (reading: Reading) => unknown, what = 'what the log is read for'): Promise<this> {
    await eventually(
      () => {
        if (this.error) throw this.error;
        return condition(this);
      },
      { seconds: 40, what },
    );
    return this;
  }

  async stop(): Promise<void> {
    await this.#stream.return(undefined);
  }
}

/** Counting without loss and without repetition. */
export const consecutive = (numbers: readonly number[]): boolean =>
  numbers.every((number, index) => index === 0 || number === (numbers[index - 1] ?? 0) + 1);
