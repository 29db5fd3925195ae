import { buildASTSchema, type GraphQLField, type GraphQLSchema, OperationTypeNode, parse } from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { composeFiles } from '../../schema/compose.js';
import { subgraphNames } from '../../subgraphs/shared/subgraph.js';
import { type GraphqlAnswer, type GraphqlClient, SubscriptionError } from '../kit/graphql-client.js';
import { type Stack, startStack } from '../kit/stack.js';
import { sampleCall, withoutSchemaExtensions } from './sample-documents.js';

interface RootField {
  readonly operation: OperationTypeNode;
  readonly field: GraphQLField<unknown, unknown>;
  readonly permission: string;
}

/** Every root field of every subgraph, with the permission that it declares. */
function rootFields(): RootField[] {
  const files = composeFiles();
  return subgraphNames.flatMap((name) => {
    const document = parse(files[`${name}.graphql`] ?? '');
    const schema = buildASTSchema(withoutSchemaExtensions(document), {
      assumeValid: true,
      assumeValidSDL: true,
    });
    return Object.values(OperationTypeNode).flatMap((operation) => fieldsOf(schema, operation));
  });
}

function fieldsOf(schema: GraphQLSchema, operation: OperationTypeNode): RootField[] {
  return Object.values(schema.getRootType(operation)?.getFields() ?? {}).map((field) => {
    const directive = field.astNode?.directives?.find(({ name }) => name.value === 'permission');
    const value = directive?.arguments?.[0]?.value;
    return { operation, field, permission: value?.kind === 'StringValue' ? value.value : '' };
  });
}

const refusals = new Set(['FORBIDDEN', 'NOT_FOUND']);

/** What a call gave away: undefined when it was refused or showed nothing at all. */
function outcome({ field }: RootField, { data, errors }: GraphqlAnswer): string | undefined {
  const value = data?.[field.name];
  const codes: string[] = [
    ...(errors ?? []).map(({ extensions }) => extensions.code),
    ...(value?.userErrors ?? []).map(({ code }: { code: string }) => code),
  ];
  if (codes.length > 0)
    return codes.every((code) => refusals.has(code)) ? undefined : `${field.name}: ${codes.join(' ')}`;
  if (value?.userErrors) return `${field.name}: done`;
  const isNothing = value === null || value?.totalCount === 0 || (Array.isArray(value) && value.length === 0);
  return isNothing ? undefined : `${field.name}: ${JSON.stringify(value)}`;
}

/** The code with which a stream is refused, or what it gave instead. */
async function streamOutcome(client: GraphqlClient, root: RootField): Promise<string> {
  const { query, variables } = sampleCall(root.operation, root.field);
  const stream = client.subscribe(query, variables);
  const silence = AbortSignal.timeout(60_000);
  const silent = new Promise<'silence'>((resolve) =>
    silence.addEventListener('abort', () => resolve('silence')),
  );
  try {
    const first = await Promise.race([stream.next(), silent]);
    return first === 'silence' ? first : JSON.stringify(first);
  } catch (error) {
    if (error instanceof SubscriptionError) return error.code ?? '';
    // Refused before the first event: graphql-ws gives the list of errors.
    return Array.isArray(error) ? String(error[0]?.extensions?.code) : String(error);
  }
}

describe('the permissions of the API', () => {
  let stack: Stack;
  const all = rootFields();
  const asked = (operations: OperationTypeNode[]) =>
    all.filter(({ operation }) => operations.includes(operation));
  const calls = asked([OperationTypeNode.QUERY, OperationTypeNode.MUTATION]);
  const streams = asked([OperationTypeNode.SUBSCRIPTION]);
  beforeAll(async () => {
    stack = await startStack({ sandboxes: 1 });
    // One of everything, so that a list without a check would show something.
    const { serviceId, environmentId } = await stack.seed.service();
    await stack.seed.deploy(serviceId);
    const opening = stack.admin.subscribe(
      'subscription ($input: ExecSubscriptionInput!) { exec(input: $input) { __typename } }',
      {
        input: { serviceId, pod: 'none' },
      },
    );
    // A session that was refused is on record as well.
    await expect(opening.next()).rejects.toMatchObject({ code: 'NOT_FOUND' });
    const make = (name: string, input: object) =>
      stack.admin.mutate(
        `mutation ($input: ${name}Input!) { ${name.charAt(0).toLowerCase()}${name.slice(1)}(input: $input) { userErrors { code message } } }`,
        { input },
      );
    await make('CreateTeam', { name: 'payments' });
    await make('CreateInstance', { environmentId, name: 'cache', offering: 'redis' });
  });
  afterAll(() => stack?.dispose());

  const send = (client: GraphqlClient, root: RootField): Promise<GraphqlAnswer> => {
    const { query, variables } = sampleCall(root.operation, root.field);
    return client.send(query, variables);
  };

  it('are of a whole API', () => {
    const names = all.map(({ field }) => field.name);
    expect(names).toEqual(
      expect.arrayContaining([
        'viewer',
        'clusters',
        'createProject',
        'deploy',
        'createInstance',
        'podStatus',
      ]),
    );
  });

  it('are there to be checked: the administrator sees something in every list', async () => {
    const empty: string[] = [];
    for (const root of asked([OperationTypeNode.QUERY])) {
      const { data } = await send(stack.admin, root);
      const value = data?.[root.field.name];
      if (value?.totalCount === 0 || (Array.isArray(value) && value.length === 0))
        empty.push(root.field.name);
    }
    expect(empty).toEqual([]);
  });

  it('let nobody in who is not signed in, but to what is public', async () => {
    const client = stack.client(null);
    const open: string[] = [];
    for (const root of calls.filter(({ permission }) => permission !== 'public')) {
      const { errors } = await send(client, root);
      const codes = errors?.map(({ extensions }) => extensions.code) ?? ['no error'];
      if (codes.some((code) => code !== 'UNAUTHENTICATED'))
        open.push(`${root.field.name}: ${codes.join(' ')}`);
    }
    expect(open).toEqual([]);
  });

  it('leave nothing to a user without any role but what is for everybody who is signed in', async () => {
    const { client } = await stack.seed.user();
    const open: string[] = [];
    for (const root of calls.filter(
      ({ permission }) => permission !== 'public' && permission !== 'signed-in',
    )) {
      const gaveAway = outcome(root, await send(client, root));
      if (gaveAway) open.push(gaveAway);
    }
    expect(open).toEqual([]);
  });

  it('hold for streams: nobody, and no user without a role, gets an event', async () => {
    const { client } = await stack.seed.user();
    const open: string[] = [];
    for (const root of streams) {
      const anonymous = await streamOutcome(stack.client(null), root);
      if (!/UNAUTHENTICATED|Unauthorized|4401|4403/.test(anonymous))
        open.push(`nobody, ${root.field.name}: ${anonymous}`);
      if (root.permission === 'signed-in') continue;
      const withoutRole = await streamOutcome(client, root);
      if (!refusals.has(withoutRole)) open.push(`without a role, ${root.field.name}: ${withoutRole}`);
    }
    expect(open).toEqual([]);
  });
});
