import { composeServices } from '@apollo/composition';
import { type Schema, Supergraph } from '@apollo/federation-internals';
import { executeQueryPlan } from '@apollo/gateway';
import {
  buildSchema,
  type ExecutionResult,
  execute,
  type GraphQLSchema,
  isAbstractType,
  isObjectType,
  parse,
  validate,
} from 'graphql';
import { beforeAll, describe, expect, test } from 'vitest';
import { Engine } from '../../../gateway/engine.js';
import { GatewayMetrics } from '../../../gateway/metrics/gateway-metrics.js';
import { localSource } from '../../../gateway/sources/local.js';
import { loadGeneration } from '../../../gateway/supergraph/generation.js';
import { Generations } from '../../../gateway/supergraph/generations.js';
import { systemClock } from '../../../subgraphs/shared/clock.js';
import { createLogger } from '../../../subgraphs/shared/logger.js';
import { type Federation, type Item, resolved, subgraph } from './federated-subgraph.js';

/**
 * A supergraph over data that a single schema serves too: the gateway's answer to any operation must be what
 * graphql-js answers from that schema.
 */

const logger = createLogger({ level: 'silent' });
const caller = { userId: null, requestId: 'r', address: null };

/**
 * With MERIDIAN_FEDERATION_EXECUTOR=apollo the plans run by @apollo/gateway: what fails then too is the planner's
 * fault, or the suite's.
 */
const runsByApollo = process.env['MERIDIAN_FEDERATION_EXECUTOR'] === 'apollo';

export interface Question {
  readonly query: string;
  readonly variables?: Record<string, unknown>;
}

export interface Federated {
  readonly schema: GraphQLSchema;
  /** What each subgraph was asked, in order. */
  readonly asked: string[];
  ask(question: Question): Promise<ExecutionResult>;
  /** The same plan over the same subgraphs, run by @apollo/gateway. */
  askApollo(question: Question): Promise<ExecutionResult>;
  askMonolith(question: Question): Promise<ExecutionResult>;
}

const link = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: [
  "@key" "@requires" "@provides" "@external" "@shareable" "@override" "@inaccessible" "@interfaceObject" "@tag"
  "@context" "@fromContext"
])\n`;

export async function federate(federation: Federation): Promise<Federated> {
  const schema = monolith(federation);
  const asked: string[] = [];
  const documents = Object.entries(federation.subgraphs).map(([name, sdl]) => ({
    name,
    url: `http://${name}.invalid`,
    typeDefs: parse(link + sdl),
  }));
  const { supergraphSdl, errors } = composeServices(documents);
  if (!supergraphSdl) throw new Error(errors?.map(({ message }) => message).join('\n'));
  const sources = new Map(
    documents.map(({ name, typeDefs }) => {
      const source = localSource(subgraph(name, typeDefs, federation, schema));
      const counted: typeof source = {
        ...source,
        execute: (request, scope) => {
          asked.push(`${name}: ${request.query}`);
          return source.execute(request, scope);
        },
      };
      return [name, counted] as const;
    }),
  );
  const generation = await loadGeneration(supergraphSdl, logger);
  const generations = new Generations(generation, {
    load: () => Promise.reject(new Error('no other supergraph')),
    sources: new Set(sources.keys()),
    logger,
  });
  const engine = new Engine({
    generations,
    sources,
    introspection: 'everyone',
    // Random operations cost what they like.
    cost: { limit: Number.MAX_SAFE_INTEGER, perMinute: Number.MAX_SAFE_INTEGER },
    metrics: new GatewayMetrics(),
    logger,
    clock: systemClock,
  });

  const prepare = ({ query, variables = {} }: Question) =>
    engine.admission.prepare({ query, variables }, caller);
  const controller = new AbortController();
  const scope = { caller, signal: controller.signal };

  const askEngine = async (question: Question): Promise<ExecutionResult> => {
    const prepared = prepare(question);
    return 'errors' in prepared
      ? { errors: prepared.errors }
      : engine.execute(prepared.operation, prepared.variables, { caller, controller });
  };
  let built: Schema | undefined;
  const apiSchema = (): Schema => {
    built ??= Supergraph.build(supergraphSdl).apiSchema();
    return built;
  };
  const askApollo = async (question: Question): Promise<ExecutionResult> => {
    const prepared = prepare(question);
    if ('errors' in prepared) return { errors: prepared.errors };
    await prepared.operation.planning(null);
    const { definition, fragments, plan } = prepared.operation;
    const services = Object.fromEntries(
      [...sources].map(([name, source]) => [
        name,
        { process: async ({ request }: { request: never }) => plain(await source.execute(request, scope)) },
      ]),
    );
    return (await executeQueryPlan(
      { kind: 'QueryPlan', ...(plan ? { node: plan } : {}) },
      services as never,
      { request: { variables: question.variables }, metrics: {}, context: {}, logger: console } as never,
      { schema: generation.schema, operation: definition, fragments },
      generation.supergraphSchema,
      apiSchema(),
    )) as ExecutionResult;
  };

  return {
    schema,
    asked,
    ask: runsByApollo ? askApollo : askEngine,
    askApollo,
    async askMonolith({ query, variables = {} }) {
      const document = parse(query);
      const invalid = validate(schema, document);
      if (invalid[0]) throw invalid[0];
      return execute({ schema, document, variableValues: variables });
    },
  };
}

/** Asks both and compares: data to the order of its fields, errors by their places. */
export async function expectSame(federated: Federated, question: Question): Promise<ExecutionResult> {
  const [actual, expected] = [await federated.ask(question), await federated.askMonolith(question)];
  const said = actual.errors?.map(({ stack }) => stack).join('\n');
  expect(JSON.stringify(actual.data, null, 1), said).toBe(JSON.stringify(expected.data, null, 1));
  expect(places(actual), said).toEqual(places(expected));
  return actual;
}

const places = ({ errors = [] }: ExecutionResult): string[] =>
  [...new Set(errors.map(({ path }) => JSON.stringify(path)))].sort();

function monolith({ api, entities, roots }: Federation): GraphQLSchema {
  const schema = buildSchema(api);
  void entities;
  for (const type of Object.values(schema.getTypeMap())) {
    if (isAbstractType(type)) type.resolveType = (value: Item) => value.__typename;
    if (!isObjectType(type) || type.name.startsWith('__')) continue;
    const isRoot = ['Query', 'Mutation'].includes(type.name);
    for (const field of Object.values(type.getFields())) {
      field.resolve = (source: Item | undefined, args: Record<string, never>) =>
        resolved(isRoot ? (roots as Item) : (source as Item), field.name, args);
    }
  }
  return schema;
}

const plain = ({ data, errors }: { data?: unknown; errors?: readonly unknown[] | undefined }) => ({
  ...(data === undefined ? {} : { data }),
  ...(errors ? { errors } : {}),
});

/** A test for each question: the gateway answers as the single schema does. */
export function conforms(
  title: string,
  federation: Federation,
  questions: Readonly<Record<string, string | Question>>,
): void {
  describe.each([title])('%s', () => {
    let federated: Federated;
    beforeAll(async () => {
      federated = await federate(federation);
    });
    test.each(Object.entries(questions))('%s', async (_, question) => {
      await expectSame(federated, typeof question === 'string' ? { query: question } : question);
    });
  });
}

/**
 * Questions that are answered right, and those of the same kind that the planner is known to plan wrong: they are not
 * answered as by the single schema, and @apollo/gateway answers them in the same way.
 */
export function knownFailures(
  title: string,
  federation: Federation,
  right: Readonly<Record<string, string | Question>>,
  wrong: Readonly<Record<string, string | Question>>,
): void {
  conforms(title, federation, right);
  describe.each([title])('%s', () => {
    let federated: Federated;
    beforeAll(async () => {
      federated = await federate(federation);
    });
    test.each(Object.entries(wrong))('known to fail: %s', async (_, asked) => {
      const question = typeof asked === 'string' ? { query: asked } : asked;
      const [actual, expected] = [await federated.ask(question), await federated.askMonolith(question)];
      expect(seen(actual), 'it comes out right: take it off the list').not.toEqual(seen(expected));
      const apollos = await federated.askApollo(question);
      expect(JSON.stringify(actual.data)).toBe(JSON.stringify(apollos.data));
      // Its errors have other places.
      expect((actual.errors ?? []).length > 0).toBe((apollos.errors ?? []).length > 0);
    });
  });
}

const seen = (result: ExecutionResult) => ({ data: JSON.stringify(result.data), errors: places(result) });
