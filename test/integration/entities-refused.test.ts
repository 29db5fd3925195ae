import {
  type GraphQLField,
  type GraphQLObjectType,
  getNamedType,
  isLeafType,
  isNonNullType,
  isObjectType,
  isUnionType,
} from 'graphql';
import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Caller } from '../../subgraphs/shared/caller.js';
import { type IdKind, newId } from '../../subgraphs/shared/ids.js';
import { type Subgraph, type SubgraphName, subgraphNames } from '../../subgraphs/shared/subgraph.js';
import { executeOnSubgraph } from '../../subgraphs/shared/subgraph-execution.js';
import { statementsOf } from '../kit/call-counter.js';
import type { GraphqlClient } from '../kit/graphql-client.js';
import { type Stack, startStack } from '../kit/stack.js';

/** One entity that is there, and who may not see it. */
interface Entity {
  readonly id: string;
  /** The subgraph that keeps it: only there it is null. Others add to it what is permitted for itself. */
  readonly owner: SubgraphName;
  readonly mayNot: GraphqlClient;
}

let stack: Stack;
/** Of the project that everything is in. */
let member: GraphqlClient;
/** By type: one that is added to a schema has to be added here. */
let entities: Readonly<Record<string, Entity>>;

beforeAll(async () => {
  stack = await startStack({ sandboxes: 1 });
  const { seed } = stack;
  const service = await seed.service();
  const { projectId, environmentId } = service;
  const make = async (by: GraphqlClient, name: string, result: string, input: object): Promise<string> => {
    const type = `${name.charAt(0).toUpperCase()}${name.slice(1)}Input`;
    const answer = await by.mutate(
      `mutation ($input: ${type}!) { ${name}(input: $input) { ${result} { id } userErrors { code message } } }`,
      { input },
    );
    return answer[result].id;
  };
  const first = async (field: string): Promise<string> =>
    (await stack.admin.query(`{ ${field} { id } }`))[field][0].id;
  const other = await seed.project();
  const { client: stranger } = await seed.user({ role: 'project-owner', scope: { projectId: other.id } });
  const { client: withoutRole } = await seed.user();
  const owner = await seed.user({ role: 'project-owner', scope: { projectId } });
  await seed.bind(owner.id, 'viewer');
  member = owner.client;
  const anonymous = stack.client(null);
  const developer = await seed.user();
  entities = {
    AccessToken: {
      id: await make(member, 'createAccessToken', 'accessToken', { name: 'ci' }),
      owner: 'identity',
      mayNot: stranger,
    },
    Application: { id: service.applicationId, owner: 'deployments', mayNot: stranger },
    Cluster: { id: service.clusterId, owner: 'clusters', mayNot: stranger },
    Deployment: { id: await seed.deploy(service.serviceId), owner: 'deployments', mayNot: stranger },
    Environment: { id: environmentId, owner: 'projects', mayNot: stranger },
    Instance: {
      id: await make(stack.admin, 'createInstance', 'instance', {
        environmentId,
        name: 'cache',
        offering: 'redis',
      }),
      owner: 'marketplace',
      mayNot: stranger,
    },
    // Landscapes, roles and users' names are for everybody who is signed in.
    Landscape: { id: await first('landscapes'), owner: 'projects', mayNot: anonymous },
    Project: { id: projectId, owner: 'projects', mayNot: stranger },
    Role: { id: await first('roles'), owner: 'identity', mayNot: anonymous },
    RoleBinding: {
      id: await seed.bind(developer.id, 'developer', { projectId }),
      owner: 'identity',
      mayNot: stranger,
    },
    Service: { id: service.serviceId, owner: 'deployments', mayNot: stranger },
    Team: {
      id: await make(stack.admin, 'createTeam', 'team', { name: 'payments' }),
      owner: 'identity',
      mayNot: withoutRole,
    },
    User: { id: developer.id, owner: 'identity', mayNot: anonymous },
  };
});
afterAll(() => stack?.dispose());

/** Has no keeper: each subgraph counts its own in the project of that ID. */
const statistics = 'ProjectStatistics';

function entityOf({ name }: GraphQLObjectType): Entity {
  const entity = entities[name === statistics ? 'Project' : name];
  if (!entity) throw new Error(`add a case for the entity ${name}`);
  return entity;
}

const subgraphOf = (name: SubgraphName): Subgraph => {
  const found = stack.meridian.subgraphs.find((subgraph) => subgraph.name === name);
  if (!found) throw new Error(`no subgraph ${name}`);
  return found;
};

/** Every type with a key that the gateway may ask the subgraph for. */
function entityTypes({ schema }: Subgraph): readonly GraphQLObjectType[] {
  const union = schema.getType('_Entity');
  return isUnionType(union) ? union.getTypes() : [];
}

function callerOf({ token }: GraphqlClient): Caller {
  const origin = { requestId: 'request-of-the-test', address: null };
  if (!token) return { ...origin, userId: null };
  const { sub = '', cid, exp = 0 } = decodeJwt<{ cid: string }>(token);
  return {
    ...origin,
    userId: sub,
    credentialId: cid,
    credentialKind: 'SESSION',
    expiresAt: exp * 1_000,
  };
}

const isAskable = ({ args }: GraphQLField<unknown, unknown>): boolean =>
  !args.some(({ type, defaultValue }) => isNonNullType(type) && defaultValue === undefined);

function selected(field: GraphQLField<unknown, unknown>): string {
  const type = getNamedType(field.type);
  if (isLeafType(type)) return field.name;
  return `${field.name} { ${isObjectType(type) && type.getFields()['totalCount'] ? 'totalCount' : '__typename'} }`;
}

/** What one field of an entity shows to somebody: undefined when there is no such entity for them. */
async function shown(
  subgraph: Subgraph,
  { name: __typename }: GraphQLObjectType,
  field: GraphQLField<unknown, unknown>,
  { id }: Pick<Entity, 'id'>,
  to: GraphqlClient,
): Promise<{ readonly value: unknown } | undefined> {
  const query = `query ($of: [_Any!]!) { _entities(representations: $of) { ... on ${__typename} { ${selected(field)} } } }`;
  const variables = { of: [{ __typename, id }] };
  const signal = new AbortController().signal;
  const { data, errors } = await executeOnSubgraph(subgraph, { query, variables }, callerOf(to), signal);
  for (const { extensions } of errors ?? []) {
    expect(['UNAUTHENTICATED', 'FORBIDDEN', 'NOT_FOUND']).toContain(extensions['code']);
  }
  const [entity] = (data?.['_entities'] as (Record<string, unknown> | null)[] | undefined) ?? [];
  return entity ? { value: entity[field.name] } : undefined;
}

const isNothing = (value: unknown): boolean =>
  value === null ||
  value === 0 ||
  (Array.isArray(value) && value.length === 0) ||
  (value as { totalCount?: unknown }).totalCount === 0;

describe.each(subgraphNames)('_entities of %s (GW-8)', (name) => {
  it('shows nothing of what the caller may not see, by any field of any entity', async () => {
    const subgraph = subgraphOf(name);
    expect(entityTypes(subgraph)).not.toEqual([]);
    const shows: string[] = [];
    for (const type of entityTypes(subgraph)) {
      const entity = entityOf(type);
      for (const field of Object.values(type.getFields()).filter(isAskable)) {
        const found = await shown(subgraph, type, field, entity, entity.mayNot);
        if (!found) continue;
        // Who only adds to an entity gives back the ID that it was asked with.
        const isReference = entity.owner !== name || type.name === statistics;
        const isOnlyId = field.name === 'id' && found.value === entity.id;
        if (!isReference || !(isOnlyId || isNothing(found.value))) {
          shows.push(`${type.name}.${field.name}: ${JSON.stringify(found.value)}`);
        }
      }
    }
    expect(shows).toEqual([]);
  });

  it('shows it to one who may', async () => {
    const subgraph = subgraphOf(name);
    for (const type of entityTypes(subgraph)) {
      const entity = entityOf(type);
      const values: unknown[] = [];
      for (const field of Object.values(type.getFields()).filter(isAskable)) {
        values.push((await shown(subgraph, type, field, entity, member))?.value ?? null);
      }
      // Besides the ID.
      const least = entity.owner === name && type.name !== statistics ? 2 : 1;
      expect(values.filter((value) => !isNothing(value)).length, type.name).toBeGreaterThanOrEqual(least);
    }
  });
});

describe('through the gateway (GW-8)', () => {
  /** Made up of the ID alone by a subgraph that does not keep the entity: the one that does is asked for the rest. */
  const node = (type: string, field: string) =>
    `query ($id: ID!) { node(id: $id) { __typename ... on ${type} { ${field} } } }`;

  it('an entity that a field leads to is null for one who may not see it', async () => {
    for (const [type, { id, owner, mayNot }] of Object.entries(entities)) {
      const keeper = subgraphOf(owner).schema.getType(type) as GraphQLObjectType;
      const field = Object.values(keeper.getFields()).find(
        (each) =>
          each.name !== 'id' && isAskable(each) && isNonNullType(each.type) && isLeafType(each.type.ofType),
      );
      const query = node(type, field?.name ?? '');
      const hidden = await mayNot.send(query, { id });
      expect(hidden.data?.node ?? null, type).toBeNull();
      expect(JSON.stringify(hidden)).not.toContain(id);
      const there = await member.send(query, { id });
      expect(there.data?.node, type).toMatchObject({
        __typename: type,
        [field?.name ?? '']: expect.anything(),
      });
    }
  });
});

describe('what one may not see (AU-3)', () => {
  /** Of what goes on by itself: loading permissions anew, and which environments there are. */
  const byItself = /published_credential|published_role_grant|note_token_use|published_environment +ORDER BY/;

  /** What the work itself asks of the database: what is there each time. */
  async function costOf(work: () => Promise<unknown>): Promise<string[]> {
    const each: string[][] = [];
    for (let time = 0; time < 4; time++) {
      each.push((await statementsOf(work)).filter((text) => !byItself.test(text)));
    }
    const [first = [], ...others] = each;
    const always = first.filter((text) =>
      others.every((statements) => {
        const index = statements.indexOf(text);
        if (index >= 0) statements.splice(index, 1);
        return index >= 0;
      }),
    );
    return always.sort();
  }

  it('is answered as what is absent, with as much work', async () => {
    const project = await stack.admin.query('query ($id: ID!) { project(id: $id) { name } }', {
      id: entities['Project']?.id,
    });
    const idOf = (type: string): string => entities[type]?.id ?? '';
    const asked: [what: string, query: string, hidden: string, absent: string][] = [
      [
        'project by name',
        'query ($v: String!) { project(name: $v) { id } }',
        project.project.name,
        'nobody-has-it',
      ],
      [
        'cluster by name',
        'query ($v: String!) { cluster(name: $v) { id } }',
        'sandbox-frankfurt',
        'nobody-has-it',
      ],
      ['team', 'query ($v: ID!) { node(id: $v) { id } }', idOf('Team'), newId('team')],
    ];
    const kinds = [
      'project',
      'cluster',
      'environment',
      'application',
      'service',
      'deployment',
      'instance',
    ] as const;
    for (const kind of kinds satisfies readonly IdKind[]) {
      const id = idOf(`${kind.charAt(0).toUpperCase()}${kind.slice(1)}`);
      asked.push(
        [kind, `query ($v: ID!) { ${kind}(id: $v) { id } }`, id, newId(kind)],
        [`${kind} as a node`, 'query ($v: ID!) { node(id: $v) { id } }', id, newId(kind)],
      );
    }
    for (const [what, query, hidden, absent] of asked) {
      const { mayNot } = entities[what === 'team' ? 'Team' : 'Project'] as Entity;
      const answer = async (v: string) =>
        JSON.stringify(await mayNot.send(query, { v })).replaceAll(/"requestId":"[^"]*"/g, '');
      expect(await answer(hidden), what).toBe(await answer(absent));
      expect(await costOf(() => answer(hidden)), what).toEqual(await costOf(() => answer(absent)));
    }
  });
});
