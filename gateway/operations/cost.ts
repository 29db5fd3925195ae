import {
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLCompositeType,
  type GraphQLField,
  type GraphQLSchema,
  getNamedType,
  isCompositeType,
  isInterfaceType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  OperationTypeNode,
  type SelectionSetNode,
  valueFromASTUntyped,
} from 'graphql';
import type { CostWeights, FieldWeight } from './cost-weights.js';

type Variables = Readonly<Record<string, unknown>>;
/** A number, unless variables decide. */
type Cost = number | ((variables: Variables) => number);

const mutationCost = 10;

/**
 * The static cost of an operation, before it is planned:
 *
 *     operation = sum of its root fields, + 10 for a mutation, at least 1
 *     field     = items × (weight of its type + sum of its selections)
 *
 * A weight is 1 for an object, an interface or a union and 0 for a scalar or an enum, unless `@cost` says otherwise. A
 * field has one item, a list as many as its `first` or `last` says (or what CostWeights assumes), so nested lists
 * multiply. Every fragment counts, whether its type comes or not; @skip and @include change nothing.
 *
 * Compiled once for each operation of a document that is within the limits; what no variable changes is added up then.
 */
export function compileCost(
  definition: OperationDefinitionNode,
  fragments: Readonly<Record<string, FragmentDefinitionNode>>,
  schema: GraphQLSchema,
  weights: CostWeights,
): (variables: Variables) => number {
  const root = schema.getRootType(definition.operation);
  if (!root) return () => 1;
  const compiler = new CostCompiler(fragments, schema, weights);
  const base = definition.operation === OperationTypeNode.MUTATION ? mutationCost : 0;
  const total = sum(base, [compiler.ofSelections(definition.selectionSet, root, nothingSized)]);
  if (typeof total === 'number') return () => Math.max(1, total);
  const defaults: Record<string, unknown> = {};
  for (const { variable, defaultValue } of definition.variableDefinitions ?? []) {
    if (defaultValue) defaults[variable.name.value] = valueFromASTUntyped(defaultValue);
  }
  return (variables) => Math.max(1, total({ ...defaults, ...variables }));
}

/** How many items the list fields of a connection have: what its own field was asked for. */
interface Sized {
  readonly fields: readonly string[];
  readonly size: Cost;
}
const nothingSized: Sized = { fields: [], size: 1 };

class CostCompiler {
  constructor(
    private readonly fragments: Readonly<Record<string, FragmentDefinitionNode>>,
    private readonly schema: GraphQLSchema,
    private readonly weights: CostWeights,
  ) {}

  ofSelections(selectionSet: SelectionSetNode, parent: GraphQLCompositeType, sized: Sized): Cost {
    const parts = selectionSet.selections.map((selection): Cost => {
      if (selection.kind === Kind.FIELD) return this.#ofField(selection, parent, sized);
      const fragment =
        selection.kind === Kind.FRAGMENT_SPREAD ? this.fragments[selection.name.value] : selection;
      if (!fragment) return 0;
      const type = fragment.typeCondition && this.schema.getType(fragment.typeCondition.name.value);
      return this.ofSelections(fragment.selectionSet, isCompositeType(type) ? type : parent, sized);
    });
    return sum(0, parts);
  }

  #ofField(node: FieldNode, parent: GraphQLCompositeType, sized: Sized): Cost {
    const field =
      isObjectType(parent) || isInterfaceType(parent) ? parent.getFields()[node.name.value] : undefined;
    // __typename, __schema: introspection is bounded by other rules.
    if (!field) return 0;
    const weights = this.weights.of(parent, field);
    const asked = sizeOf(node, field, weights);
    const type = getNamedType(field.type);
    const inner = weights.sized.length > 0 ? { fields: weights.sized, size: asked } : nothingSized;
    const each =
      node.selectionSet && isCompositeType(type)
        ? sum(weights.weight, [this.ofSelections(node.selectionSet, type, inner)])
        : weights.weight;
    if (!weights.isList) return each;
    return product(sized.fields.includes(field.name) ? sized.size : asked, each);
  }
}

/** The largest number that a slicing argument asks for; what is no number of items is for validation to refuse. */
function sizeOf(
  node: FieldNode,
  field: GraphQLField<unknown, unknown>,
  { slicing, assumedSize }: FieldWeight,
): Cost {
  let fixed: number | undefined;
  const read: ((variables: Variables) => number | undefined)[] = [];
  for (const name of slicing) {
    const given = node.arguments?.find((argument) => argument.name.value === name)?.value;
    const fallback = items(field.args.find((argument) => argument.name === name)?.defaultValue);
    if (given?.kind === Kind.VARIABLE) {
      const variable = given.name.value;
      read.push((variables) => items(variables[variable]) ?? fallback);
    } else {
      const size = given ? items(valueFromASTUntyped(given)) : fallback;
      if (size !== undefined) fixed = Math.max(fixed ?? 0, size);
    }
  }
  if (read.length === 0) return fixed ?? assumedSize;
  return (variables) => {
    const sizes = [fixed, ...read.map((one) => one(variables))].filter((size) => size !== undefined);
    return sizes.length > 0 ? Math.max(...sizes) : assumedSize;
  };
}

const items = (value: unknown): number | undefined =>
  typeof value === 'number' && value >= 0 ? value : undefined;

const costOf = (cost: Cost, variables: Variables): number =>
  typeof cost === 'number' ? cost : cost(variables);

function sum(base: number, parts: readonly Cost[]): Cost {
  let fixed = base;
  const changing: Exclude<Cost, number>[] = [];
  for (const part of parts) {
    if (typeof part === 'number') fixed += part;
    else changing.push(part);
  }
  if (changing.length === 0) return fixed;
  return (variables) => changing.reduce((total, part) => total + part(variables), fixed);
}

const product = (size: Cost, each: Cost): Cost =>
  typeof size === 'number' && typeof each === 'number'
    ? size * each
    : (variables) => costOf(size, variables) * costOf(each, variables);
