import {
  type DocumentNode,
  type GraphQLField,
  type GraphQLInputType,
  GraphQLScalarType,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  type OperationTypeNode,
} from 'graphql';
import { newId } from '../../subgraphs/shared/ids.js';

/** A call of one root field with arguments that are well formed and name nothing that exists. */
export interface SampleCall {
  readonly query: string;
  readonly variables: Record<string, unknown>;
}

export function sampleCall(operation: OperationTypeNode, field: GraphQLField<unknown, unknown>): SampleCall {
  const given = field.args.filter(({ name, type }) => isNonNullType(type) || name === 'id');
  const declarations = given.map(({ name, type }) => `$${name}: ${String(type)}`).join(', ');
  const passed = given.map(({ name }) => `${name}: $${name}`).join(', ');
  const head = given.length > 0 ? `${operation} (${declarations})` : operation;
  const call = given.length > 0 ? `${field.name}(${passed})` : field.name;
  return {
    query: `${head} { ${call} ${selection(field)} }`,
    variables: Object.fromEntries(given.map(({ name, type }) => [name, sample(type, name)])),
  };
}

/** The least that tells what became of it. */
function selection(field: GraphQLField<unknown, unknown>): string {
  const type = getNamedType(field.type);
  if (isLeafType(type)) return '';
  const fields = isObjectType(type) ? type.getFields() : {};
  if (fields['userErrors']) return '{ userErrors { code message } }';
  if (fields['totalCount']) return '{ totalCount }';
  return '{ __typename }';
}

function sample(type: GraphQLInputType, name: string): unknown {
  if (isNonNullType(type)) return sample(type.ofType, name);
  if (isListType(type)) return [sample(type.ofType, name.replace(/s$/, ''))];
  if (isEnumType(type)) return type.getValues()[0]?.name;
  if (isInputObjectType(type)) {
    const fields = Object.values(type.getFields());
    const required = fields.filter((field) => isNonNullType(field.type));
    // Where nothing is required, what it is about: the first id.
    const given =
      required.length > 0 ? required : fields.filter(({ type }) => String(type) === 'ID').slice(0, 1);
    return Object.fromEntries(given.map((field) => [field.name, sample(field.type, field.name)]));
  }
  return type instanceof GraphQLScalarType ? sampleScalar(type.name, name) : undefined;
}

/** Ids are of the kind that the field's name says. */
const idKinds: Record<string, Parameters<typeof newId>[0]> = {
  userId: 'user',
  teamId: 'team',
  roleId: 'role',
  roleBindingId: 'binding',
  accessTokenId: 'token',
  clusterId: 'cluster',
  drainId: 'drain',
  landscapeId: 'landscape',
  projectId: 'project',
  environmentId: 'environment',
  toEnvironmentId: 'environment',
  applicationId: 'application',
  serviceId: 'service',
  deploymentId: 'deployment',
  instanceId: 'instance',
  sessionId: 'exec',
};

function sampleScalar(type: string, name: string): unknown {
  switch (type) {
    case 'ID':
      return newId(idKinds[name] ?? 'project');
    case 'Int':
    case 'Float':
      return 1;
    case 'Boolean':
      return true;
    case 'DateTime':
      return '2026-11-22T18:24:05.000Z';
    case 'Quantity':
      return '1';
    case 'JSON':
      return {};
    default:
      return /password|reason/i.test(name) ? 'a sample that is long enough' : 'sample';
  }
}

/** Federation's own parts, which no schema can be built of without its link. */
export const withoutSchemaExtensions = (document: DocumentNode): DocumentNode => ({
  ...document,
  definitions: document.definitions.filter(({ kind }) => kind !== 'SchemaExtension'),
});
