import {
  type ConstDirectiveNode,
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLSchema,
  getNamedType,
  isCompositeType,
  isListType,
  isNonNullType,
  isObjectType,
  valueFromASTUntyped,
} from 'graphql';

/** Items that a list is taken to have when nothing says how many. */
const assumedListSize = 10;
/** Items that a page has when it isn't said (subgraphs/shared/pagination.ts). */
const assumedPageSize = 50;
const slicingArguments = ['first', 'last'];
const pageFields = ['nodes', 'edges'];

/** What one field costs and how many items it gives, before its arguments are known. */
export interface FieldWeight {
  /** Of each item: that of `@cost`, or 1 for an object and 0 for a scalar. */
  readonly weight: number;
  readonly isList: boolean;
  /** Arguments that say how many items there are. */
  readonly slicing: readonly string[];
  /** Fields of the result that hold these items; empty when the field is the list itself. */
  readonly sized: readonly string[];
  /** When no slicing argument is given. */
  readonly assumedSize: number;
}

interface ListSize {
  readonly assumedSize?: number | null;
  readonly slicingArguments?: readonly string[] | null;
  readonly sizedFields?: readonly string[] | null;
}

/**
 * Weights of a supergraph's fields, by the directives of https://ibm.github.io/graphql-specs/cost-spec.html as
 * federation 2.9 composes them (`@cost`, `@listSize`). Without them Relay's conventions count: `first` and `last`
 * give the size of a list, or of `nodes` and `edges` in a connection.
 */
export class CostWeights {
  readonly #known = new Map<string, FieldWeight>();

  constructor(private readonly supergraph: GraphQLSchema) {}

  of(parent: GraphQLNamedType, field: GraphQLField<unknown, unknown>): FieldWeight {
    const coordinate = `${parent.name}.${field.name}`;
    let weight = this.#known.get(coordinate);
    if (!weight) {
      weight = this.#read(parent, field);
      this.#known.set(coordinate, weight);
    }
    return weight;
  }

  #read(parent: GraphQLNamedType, field: GraphQLField<unknown, unknown>): FieldWeight {
    const type = getNamedType(field.type);
    const directives = this.#directivesOf(parent, field);
    const listSize = argumentsOf<ListSize>(directives, 'listSize');
    const slicing =
      listSize?.slicingArguments ??
      field.args.map(({ name }) => name).filter((name) => slicingArguments.includes(name));
    const sized = listSize?.sizedFields ?? (slicing.length > 0 ? pageFieldsOf(type) : []);
    const typeDirectives = this.supergraph.getType(type.name)?.astNode?.directives;
    const cost =
      argumentsOf<{ weight: number }>(directives, 'cost') ??
      argumentsOf<{ weight: number }>(typeDirectives, 'cost');
    return {
      weight: cost?.weight ?? (isCompositeType(type) ? 1 : 0),
      isList: isList(field.type),
      slicing,
      sized,
      assumedSize: listSize?.assumedSize ?? (slicing.length > 0 ? assumedPageSize : assumedListSize),
    };
  }

  #directivesOf(parent: GraphQLNamedType, field: GraphQLField<unknown, unknown>) {
    const type = this.supergraph.getType(parent.name);
    return isObjectType(type) ? type.getFields()[field.name]?.astNode?.directives : undefined;
  }
}

function isList(type: GraphQLField<unknown, unknown>['type']): boolean {
  return isListType(isNonNullType(type) ? type.ofType : type);
}

function pageFieldsOf(type: GraphQLNamedType): string[] {
  if (!isObjectType(type)) return [];
  const fields = type.getFields();
  return pageFields.filter((name) => fields[name] !== undefined && isList(fields[name].type));
}

/** A supergraph may know the directive by a prefixed name. */
function argumentsOf<T>(
  directives: readonly ConstDirectiveNode[] | undefined,
  name: 'cost' | 'listSize',
): T | undefined {
  const directive = directives?.find(({ name: { value } }) => value === name || value.endsWith(`__${name}`));
  if (!directive) return undefined;
  const entries = (directive.arguments ?? []).map((argument) => [
    argument.name.value,
    valueFromASTUntyped(argument.value),
  ]);
  return Object.fromEntries(entries) as T;
}
