import { execute, parse } from 'graphql';
import { Args, Field, ObjectType, Query, Resolver } from 'type-graphql';
import { describe, expect, it } from 'vitest';
import { buildFederatedSchema } from './federated-schema.js';
import { connectionOf, type Page, PageArguments, pageOfList, pageOfRows } from './pagination.js';

@ObjectType()
class Fruit {
  @Field()
  name: string;
}

const FruitConnection = connectionOf(Fruit, 'Fruit', 'public');
const names = ['apple', 'banana', 'cherry', 'date'];
let counted = 0;

@Resolver()
class FruitResolver {
  @Query(() => FruitConnection)
  fruits(@Args(() => PageArguments) { first, after }: PageArguments): Page<Fruit> {
    const rows = names.slice(0, (first ?? 2) + 1).map((name) => ({ name }));
    return pageOfRows(rows, first ?? 2, (fruit) => [fruit.name], {
      after,
      totalCount: async () => {
        counted += 1;
        return names.length;
      },
    });
  }
}

function run(document: string) {
  const schema = buildFederatedSchema(
    { resolvers: [FruitResolver], references: {} },
    { get: () => new FruitResolver() },
    async () => undefined,
  );
  return execute({ schema, document: parse(document), contextValue: {} });
}

describe('a connection', () => {
  it('counts when asked for the total, and only then', async () => {
    counted = 0;
    expect(await run('{ fruits { nodes { name } pageInfo { hasNextPage } } }')).toEqual({
      data: { fruits: { nodes: [{ name: 'apple' }, { name: 'banana' }], pageInfo: { hasNextPage: true } } },
    });
    expect(counted).toBe(0);
    expect(await run('{ fruits { totalCount } }')).toEqual({ data: { fruits: { totalCount: 4 } } });
    expect(counted).toBe(1);
  });

  it('goes on after the cursor of an item, and refuses a foreign cursor', () => {
    const first = pageOfList(names, { first: 3 }, (name) => name);
    expect(first.nodes).toEqual(['apple', 'banana', 'cherry']);
    const second = pageOfList(names, { first: 3, after: first.pageInfo.endCursor }, (name) => name);
    expect(second).toMatchObject({
      nodes: ['date'],
      pageInfo: { hasNextPage: false, hasPreviousPage: true },
    });
    const hostile = ['not one', '', '"a"', '[]', '["a","b"]', '["\\u0000"]', '[null]', '[{}]', '[1e999]'];
    for (const text of hostile) {
      const after = text === 'not one' ? text : Buffer.from(text || ' ').toString('base64url');
      expect(() => pageOfList(names, { after }, (name) => name), text).toThrow('after is not a cursor');
    }
  });
});
