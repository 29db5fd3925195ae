import { composeServices } from '@apollo/composition';
import { buildSubgraphSchema } from '@apollo/subgraph';
import { type GraphQLSchema, parse } from 'graphql';
import { BoundedQueue } from '../../subgraphs/shared/bounded-queue.js';
import { NotFoundError, UnauthenticatedError } from '../../subgraphs/shared/errors.js';
import { createRequestContext, type RequestContext } from '../../subgraphs/shared/request-context.js';
import type { Subgraph, SubgraphName } from '../../subgraphs/shared/subgraph.js';

const link =
  'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])\nscalar JSON\n';

const typeDefs = {
  projects: `${link}
    type Query {
      project(id: ID!): Project
      projects(first: Int): [Project!]!
      whoAmI: String
      "Never answers; aborted says whether it was told to stop."
      hang: String
      "Throws an error that tells of our inside."
      leak: String
      mood(value: Mood!, detail: JSON): Mood!
      oldWhoAmI: String @deprecated(reason: "Use whoAmI.")
      search(old: String @deprecated(reason: "Use filter."), filter: SearchFilter, moods: [Mood]): String
    }
    enum Mood { CALM BUSY DULL @deprecated(reason: "It is CALM.") }
    input SearchFilter { old: Int @deprecated(reason: "Use mood.") mood: Mood }
    type Mutation { rename(id: ID!, name: String!): Project }
    type Project @key(fields: "id") { id: ID! name: String! parent: Project self: Project! }
  `,
  clusters: `${link}
    type Query { cluster(id: ID!): Cluster }
    type Cluster @key(fields: "id") { id: ID! name: String! }
    type Project @key(fields: "id") { id: ID! cluster: Cluster clusterSecret: String }
  `,
  deployments: `${link}
    type Query { deployment(id: ID!): Deployment }
    type Deployment @key(fields: "id") { id: ID! number: Int! project: Project! }
    type Project @key(fields: "id", resolvable: false) { id: ID! }
    type Subscription {
      rollout(deploymentId: ID!, after: String): RolloutEvent!
      logs(input: LogsInput!): LogEvent!
      "Has no cursor."
      ticks(name: String): Tick!
      "A megabyte for each event, as many as are taken; or what the test has put there."
      flood: LogEvent!
    }
    union RolloutEvent = RolloutProgressed | RolloutCompleted
    type RolloutProgressed { cursor: String! percent: Int! deployment: Deployment! }
    type RolloutCompleted { cursor: String! phase: String! deployment: Deployment! }
    input LogsInput { service: String! tail: Int after: String }
    type LogEvent { cursor: String! line: String! dropped: Int }
    type Tick { count: Int! project: Project }
  `,
} as const;
type TinyName = keyof typeof typeDefs;

/** What the test does with one open subscription. */
export interface OpenStream {
  readonly field: string;
  readonly args: Record<string, unknown>;
  readonly userId: string | null;
  readonly requestId: string;
  push(event: object): void;
  end(): void;
  fail(error: Error): void;
}

/** Three subgraphs in memory, with every stream in the hands of the test. */
export class TinySubgraphs {
  /** Open ones only. */
  readonly streams: OpenStream[] = [];
  readonly #opened: OpenStream[] = [];
  readonly calls: string[] = [];
  /** How often `hang` was told to stop. */
  aborted = 0;
  /** Events that `flood` was asked for. */
  flooded = 0;
  /** What `flood` streams: objects with the fields of LogEvent. */
  floodOf: () => AsyncIterable<object> = () => this.#flood();
  readonly notReady = new Set<SubgraphName>();
  /** Fetches of clusters wait for it. */
  clusterGate: Promise<unknown> = Promise.resolve();
  readonly all: readonly Subgraph[];

  constructor() {
    this.all = (Object.keys(typeDefs) as TinyName[]).map((name) => this.#subgraph(name));
  }

  /** Every stream of a field so far, ended ones included. */
  opened(field: string): OpenStream[] {
    return this.#opened.filter((stream) => stream.field === field);
  }

  get(name: TinyName): Subgraph {
    const found = this.all.find((subgraph) => subgraph.name === name);
    if (!found) throw new Error(`no subgraph ${name}`);
    return found;
  }

  #subgraph(name: TinyName): Subgraph {
    const schema = buildSubgraphSchema([
      { typeDefs: parse(typeDefs[name]), resolvers: this.#resolvers()[name] as never },
    ]) as GraphQLSchema;
    return {
      name,
      schema,
      createContext: createRequestContext,
      ready: async () => (this.notReady.has(name) ? { ready: false, reason: 'asleep' } : { ready: true }),
      dispose: async () => undefined,
    };
  }

  #resolvers(): Record<TinyName, object> {
    return {
      projects: {
        Query: {
          project: (_: unknown, { id }: { id: string }) => this.#project(id),
          projects: () => ['p1', 'p2', 'p3'].map((id) => this.#project(id)),
          whoAmI: (_: unknown, __: unknown, { caller }: RequestContext) => caller.userId,
          hang: (_: unknown, __: unknown, { signal }: RequestContext) =>
            new Promise(() => {
              this.calls.push('hang');
              signal.addEventListener('abort', () => {
                this.aborted += 1;
              });
            }),
          leak: () => {
            throw Object.assign(new Error('SELECT * FROM secrets at 10.0.0.7:5432'), {
              extensions: { code: 'ER_SQL', sql: 'SELECT 1' },
            });
          },
          mood: (_: unknown, { value }: { value: string }) => value,
        },
        Mutation: {
          rename: (_: unknown, args: { id: string; name: string }, { caller }: RequestContext) => {
            if (caller.userId === null) throw new UnauthenticatedError();
            this.calls.push(`rename ${args.id}`);
            return { ...this.#project(args.id), name: args.name };
          },
        },
        Project: {
          __resolveReference: ({ id }: { id: string }) => this.#project(id),
          parent: ({ id }: { id: string }) => this.#project(id),
          self: ({ id }: { id: string }) => this.#project(id),
        },
      },
      clusters: {
        Query: { cluster: (_: unknown, { id }: { id: string }) => ({ id, name: `cluster ${id}` }) },
        Cluster: { __resolveReference: ({ id }: { id: string }) => ({ id, name: `cluster ${id}` }) },
        Project: {
          __resolveReference: ({ id }: { id: string }) => ({ id }),
          cluster: async ({ id }: { id: string }) => {
            this.calls.push(`cluster of ${id}`);
            await this.clusterGate;
            return { id: `c-${id}`, name: `cluster of ${id}` };
          },
          clusterSecret: () => {
            throw new Error('connect ECONNREFUSED 10.0.0.9:6443');
          },
        },
      },
      deployments: {
        Query: { deployment: (_: unknown, { id }: { id: string }) => deployment(id) },
        Deployment: { __resolveReference: ({ id }: { id: string }) => deployment(id) },
        Subscription: {
          rollout: { subscribe: this.#open('rollout') },
          logs: { subscribe: this.#open('logs') },
          ticks: { subscribe: this.#open('ticks') },
          flood: { subscribe: () => this.floodOf(), resolve: (event: object) => event },
        },
        RolloutEvent: {
          __resolveType: (event: object) => ('phase' in event ? 'RolloutCompleted' : 'RolloutProgressed'),
        },
      },
    };
  }

  async *#flood(): AsyncGenerator<object> {
    const line = 'x'.repeat(1_000_000);
    for (;;) {
      this.flooded += 1;
      yield { cursor: String(this.flooded), line };
    }
  }

  #project(id: string): { id: string; name: string } {
    if (id === 'absent') throw new NotFoundError('Project', id);
    return { id, name: `project ${id}` };
  }

  #open(field: string) {
    return (_: unknown, args: Record<string, unknown>, { caller }: RequestContext) => {
      if (args['deploymentId'] === 'absent') throw new NotFoundError('Deployment', 'absent');
      const queue = new BoundedQueue<object>({
        limit: 10_000,
        onOverflow: (items) => items.slice(1),
        onClose: () => {
          this.streams.splice(this.streams.indexOf(stream), 1);
        },
      });
      const stream: OpenStream = {
        field,
        args,
        userId: caller.userId,
        requestId: caller.requestId,
        push: (event) => queue.push({ [field]: event }),
        end: () => queue.end(),
        fail: (error) => queue.fail(error),
      };
      this.streams.push(stream);
      this.#opened.push(stream);
      return queue;
    };
  }
}

export const deployment = (id: string) => ({ id, number: 7, project: { id: `p-of-${id}` } });

const composed = new Map<string, string>();

/**
 * Composed as `npm run schema` does it.
 *
 * @param without a line of the type definitions, such as `hang: String`, that this supergraph does not know
 */
export function tinySupergraph({ without = '' }: { without?: string } = {}): string {
  const known = composed.get(without);
  if (known) return known;
  const services = Object.entries(typeDefs).map(([name, text]) => ({
    name,
    url: `http://${name}.invalid`,
    typeDefs: parse(text.replace(without, '')),
  }));
  const { supergraphSdl, errors } = composeServices(services);
  if (!supergraphSdl) throw new Error(errors?.map(({ message }) => message).join('\n'));
  composed.set(without, supergraphSdl);
  return supergraphSdl;
}
