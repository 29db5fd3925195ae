import { execute, parse } from 'graphql';
import {
  Arg,
  Ctx,
  Field,
  FieldResolver,
  ID,
  InputType,
  Mutation,
  ObjectType,
  Query,
  Resolver,
  Root,
} from 'type-graphql';
import { describe, expect, it } from 'vitest';
import type { SignedInCaller } from './caller.js';
import { ConflictError, UnauthenticatedError } from './errors.js';
import {
  buildFederatedSchema,
  Entity,
  Permission,
  printFederatedSchema,
  Reference,
} from './federated-schema.js';
import { createRequestContext, type RequestContext } from './request-context.js';
import { MutationPayload } from './shared-types.js';

@ObjectType({ description: 'A thing.' })
@Entity()
@Permission('projects.read')
class Thing {
  @Field(() => ID, { description: 'Its id.' })
  id: string;
}

@ObjectType()
@Reference()
class Owner {
  @Field(() => ID)
  id: string;
}

@InputType()
class RenameThingInput {
  @Field()
  name: string;
}

@ObjectType()
class RenameThingPayload extends MutationPayload {
  @Field(() => Thing, { nullable: true })
  thing?: Thing | null;
}

@Resolver(() => Thing)
class ThingResolver {
  @Query(() => Thing, { nullable: true })
  @Permission('projects.read')
  thing(@Arg('id', () => ID) id: string): Thing {
    return { id };
  }

  @Mutation(() => RenameThingPayload)
  @Permission('projects.update')
  renameThing(@Arg('input') input: RenameThingInput): RenameThingPayload {
    if (input.name === 'taken')
      throw new ConflictError('The name "taken" is taken.', { field: ['input', 'name'] });
    if (input.name === 'nobody') throw new UnauthenticatedError();
    return { thing: { id: input.name } };
  }

  @FieldResolver(() => Owner)
  owner(@Root() thing: Thing, @Ctx() { caller }: RequestContext): Owner {
    return { id: `${thing.id} for ${caller.userId}` };
  }

  resolveReference({ id }: { id: string }): Thing | null {
    return id === 'absent' ? null : { id };
  }
}

const options = { resolvers: [ThingResolver], references: { Thing: ThingResolver } } as const;
const caller: SignedInCaller = {
  userId: 'user_1',
  credentialId: 'session_1',
  credentialKind: 'SESSION',
  expiresAt: Number.MAX_SAFE_INTEGER,
  requestId: 'r1',
  address: null,
};

function run(document: string, refusals: object[] = []) {
  const schema = buildFederatedSchema(
    { ...options },
    { get: () => new ThingResolver() },
    async (_, attempt) => {
      refusals.push(attempt);
    },
  );
  const contextValue = createRequestContext(caller, new AbortController().signal);
  return execute({ schema, document: parse(document), contextValue });
}

describe('a federated schema', () => {
  it('prints keys and permissions', () => {
    const sdl = printFederatedSchema({ ...options });
    expect(sdl).toContain('type Thing @key(fields: "id") @permission(name: "projects.read")');
    expect(sdl).toContain('thing(id: ID!): Thing @permission(name: "projects.read")');
    expect(sdl).toContain('directive @permission(');
  });

  it('resolves entities through the resolver class that is named for them', async () => {
    const result = await run(
      '{ _entities(representations: [{__typename: "Thing", id: "a"}, {__typename: "Thing", id: "absent"}]) { ... on Thing { id owner { id } } } }',
    );
    expect(result).toEqual({ data: { _entities: [{ id: 'a', owner: { id: 'a for user_1' } }, null] } });
  });

  it('gives an empty list of user errors when a mutation is done', async () => {
    const result = await run(
      'mutation { renameThing(input: { name: "b" }) { thing { id } userErrors { code } } }',
    );
    expect(result).toEqual({ data: { renameThing: { thing: { id: 'b' }, userErrors: [] } } });
  });

  it('turns a refusal into user errors and records it', async () => {
    const refusals: object[] = [];
    const result = await run(
      'mutation { renameThing(input: { name: "taken" }) { thing { id } userErrors { code field message } } }',
      refusals,
    );
    expect(result).toEqual({
      data: {
        renameThing: {
          thing: null,
          userErrors: [{ code: 'CONFLICT', field: ['input', 'name'], message: 'The name "taken" is taken.' }],
        },
      },
    });
    expect(refusals).toMatchObject([{ mutation: 'renameThing', failed: false }]);
  });

  it('leaves a missing sign-in a GraphQL error and records nothing', async () => {
    const refusals: object[] = [];
    const result = await run(
      'mutation { renameThing(input: { name: "nobody" }) { userErrors { code } } }',
      refusals,
    );
    expect(result.errors?.[0]?.extensions).toMatchObject({ code: 'UNAUTHENTICATED' });
    expect(refusals).toEqual([]);
  });

  it('refuses text that PostgreSQL cannot store, naming the field', async () => {
    const result = await run(
      'mutation { renameThing(input: { name: "a\\u0000" }) { userErrors { code field } } }',
    );
    expect(result.data).toEqual({
      renameThing: { userErrors: [{ code: 'BAD_USER_INPUT', field: ['input', 'name'] }] },
    });
  });
});
