import 'reflect-metadata';
import { buildSubgraphSchema } from '@apollo/subgraph';
import { printSchemaWithDirectives } from '@graphql-tools/utils';
import {
  DirectiveLocation,
  GraphQLDirective,
  type GraphQLFieldResolver,
  GraphQLNonNull,
  type GraphQLSchema,
  GraphQLString,
  Kind,
  parse,
  print,
} from 'graphql';
import {
  buildSchemaSync,
  type ClassType,
  createResolversMap,
  Directive,
  type ResolverData,
} from 'type-graphql';
import type { SignedInCaller } from './caller.js';
import {
  BadUserInputError,
  type InputProblem,
  toUserErrors,
  UnauthenticatedError,
  type UserErrorValue,
} from './errors.js';
import type { OpenAccess, PermissionName } from './permission-names.js';
import type { RequestContext } from './request-context.js';

/**
 * Declares the functional permission that a type's or field's service checks. It documents and is tested (every
 * field must have one, and every root field is called without it); the check itself is in the service.
 */
export const Permission = (
  name: PermissionName | OpenAccess,
): PropertyDecorator & MethodDecorator & ClassDecorator =>
  Directive(`@permission(name: "${name}")`) as PropertyDecorator & MethodDecorator & ClassDecorator;

/** A type that other subgraphs refer to by id. */
export const Entity = (keys = 'id'): ClassDecorator => Directive(`@key(fields: "${keys}")`) as ClassDecorator;

/** A stub of another subgraph's type: its key, and what this subgraph adds. */
export const Reference = Entity;

/** A value type, or a field, that several subgraphs define alike. */
export const Shareable = (): ClassDecorator & PropertyDecorator & MethodDecorator =>
  Directive('@shareable') as ClassDecorator & PropertyDecorator & MethodDecorator;

/** Loads an entity for the gateway: `undefined` or null when it does not exist or the caller may not see it. */
export interface ReferenceResolver {
  resolveReference(reference: { id: string }, context: RequestContext): Promise<unknown> | unknown;
}

export interface FederatedSchemaOptions {
  readonly resolvers: readonly [ClassType, ...ClassType[]];
  /** For each entity type that this subgraph owns or adds fields to, the resolver class that loads it. */
  readonly references: Readonly<Record<string, ClassType<ReferenceResolver>>>;
  /** Types reachable only by a key. */
  readonly orphanedTypes?: readonly ClassType[];
}

export interface ResolverInstances {
  get(type: ClassType): unknown;
}

/** Called with each mutation that was refused or failed, so that the audit log has it. */
export type RecordRefusal = (
  caller: SignedInCaller,
  attempt: { mutation: string; input: unknown; failed: boolean; message: string },
) => Promise<void>;

const permissionDirective = new GraphQLDirective({
  name: 'permission',
  description: 'The functional permission that the owning service checks, or "signed-in", or "public".',
  locations: [DirectiveLocation.OBJECT, DirectiveLocation.FIELD_DEFINITION],
  args: { name: { type: new GraphQLNonNull(GraphQLString) } },
});

const federationLink =
  'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@shareable", "@external", "@requires", "@provides", "@inaccessible"])';

function buildCodeFirstSchema(options: FederatedSchemaOptions, instances: ResolverInstances): GraphQLSchema {
  const schema = buildSchemaSync({
    resolvers: [...options.resolvers] as [ClassType, ...ClassType[]],
    orphanedTypes: [...(options.orphanedTypes ?? [])],
    container: { get: (type: ClassType, _data: ResolverData) => instances.get(type) as never },
    directives: [permissionDirective],
    skipCheck: true,
    validate: false,
    // Every @Subscription brings a subscribe function of its own; type-graphql wants a pubSub all the same.
    pubSub: { publish: () => undefined, subscribe: () => emptyStream() },
  });
  const unreachable = Object.keys(options.references).filter((name) => !schema.getType(name));
  if (unreachable.length > 0) {
    throw new Error(
      `nothing in the schema leads to ${unreachable.join(', ')}: name the class in orphanedTypes`,
    );
  }
  return schema;
}

async function* emptyStream(): AsyncGenerator<never> {}

/** The subgraph's SDL with federation directives, as committed in schema/<name>.graphql. */
export function printFederatedSchema(options: FederatedSchemaOptions): string {
  return toFederationSdl(buildCodeFirstSchema(options, { get: () => undefined }));
}

function toFederationSdl(schema: GraphQLSchema): string {
  const document = parse(printSchemaWithDirectives(schema));
  const definitions = document.definitions.filter(
    (definition) => definition.kind !== Kind.SCHEMA_DEFINITION && definition.kind !== Kind.SCHEMA_EXTENSION,
  );
  return `${federationLink}\n\n${definitions.map(print).join('\n\n')}\n`;
}

/** The executable federation schema over the given resolver instances. */
export function buildFederatedSchema(
  options: FederatedSchemaOptions,
  instances: ResolverInstances,
  recordRefusal: RecordRefusal,
): GraphQLSchema {
  const codeFirst = buildCodeFirstSchema(options, instances);
  for (const field of Object.values(codeFirst.getQueryType()?.getFields() ?? {})) {
    if (field.resolve) field.resolve = withStorableText(field.resolve);
  }
  for (const field of Object.values(codeFirst.getMutationType()?.getFields() ?? {})) {
    if (field.resolve)
      field.resolve = withUserErrors(field.name, withStorableText(field.resolve), recordRefusal);
  }
  for (const field of Object.values(codeFirst.getSubscriptionType()?.getFields() ?? {})) {
    if (field.subscribe) field.subscribe = withStorableText(field.subscribe);
  }
  const resolvers = createResolversMap(codeFirst) as Record<string, Record<string, unknown>>;
  for (const [typeName, resolverClass] of Object.entries(options.references)) {
    const resolver = instances.get(resolverClass) as ReferenceResolver;
    resolvers[typeName] = {
      ...resolvers[typeName],
      __resolveReference: (reference: { id: string }, context: RequestContext) =>
        resolver.resolveReference(reference, context),
    };
  }
  // @apollo/subgraph types its argument more narrowly than what createResolversMap makes.
  return buildSubgraphSchema([
    { typeDefs: parse(toFederationSdl(codeFirst)), resolvers: resolvers as never },
  ]);
}

/**
 * The one place where a refusal becomes a payload with `userErrors`, and where what was refused or failed gets its
 * audit event. What succeeded wrote its own, in its transaction.
 */
function withUserErrors(mutation: string, resolve: RootResolver, recordRefusal: RecordRefusal): RootResolver {
  return async (source, args, context, info) => {
    try {
      const payload = (await resolve(source, args, context, info)) as object;
      return { userErrors: [] satisfies UserErrorValue[], ...payload };
    } catch (error) {
      const userErrors = toUserErrors(error);
      const { caller } = context;
      if (caller.userId !== null && !(error instanceof UnauthenticatedError)) {
        await recordRefusal(caller, {
          mutation,
          input: args['input'],
          failed: userErrors === undefined,
          message: error instanceof Error ? error.message : String(error),
        });
      }
      if (userErrors === undefined) throw error;
      return { ...(error instanceof BadUserInputError ? error.payload : {}), userErrors };
    }
  };
}

type RootResolver = GraphQLFieldResolver<unknown, RequestContext>;

/** Refuses arguments that PostgreSQL can't store as text, before a service sees them. */
function withStorableText(resolve: RootResolver): RootResolver {
  return (source, args, context, info) => {
    const problems = unstorableText(args, []);
    if (problems.length > 0) throw new BadUserInputError(problems);
    return resolve(source, args, context, info);
  };
}

function unstorableText(value: unknown, field: readonly string[]): InputProblem[] {
  if (typeof value === 'string') {
    if (!value.includes('\0') && value.isWellFormed()) return [];
    return [{ field, message: `${field.join('.')} holds a NUL or half a character: remove it.` }];
  }
  if (typeof value !== 'object' || value === null || value instanceof Date) return [];
  return Object.entries(value).flatMap(([key, item]) => unstorableText(item, [...field, key]));
}
