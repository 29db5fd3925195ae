import {
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLNamedType,
  Kind,
  type SelectionSetNode,
} from 'graphql';
import { nothingSelected } from '../operations/conditions.js';
import type { TypeConditions } from './type-conditions.js';

export interface FieldsToCollect {
  readonly fragments: Readonly<Record<string, FragmentDefinitionNode>>;
  readonly types: TypeConditions;
}

/**
 * CollectFields of the specification: what is selected of an object of this type, by response name. Of an operation
 * whose `@skip` and `@include` are decided.
 */
export function collectFields(
  selectionSets: readonly SelectionSetNode[],
  type: GraphQLNamedType,
  context: FieldsToCollect,
): Map<string, FieldNode[]> {
  const collected = new Map<string, FieldNode[]>();
  const spread = new Set<string>();
  const visit = ({ selections }: SelectionSetNode): void => {
    for (const selection of selections) {
      if (selection === nothingSelected) continue;
      if (selection.kind === Kind.FIELD) {
        const name = selection.alias?.value ?? selection.name.value;
        const known = collected.get(name);
        if (known) known.push(selection);
        else collected.set(name, [selection]);
      } else if (selection.kind === Kind.INLINE_FRAGMENT) {
        const condition = selection.typeCondition?.name.value;
        if (condition === undefined || context.types.applies(condition, type.name))
          visit(selection.selectionSet);
      } else if (!spread.has(selection.name.value)) {
        spread.add(selection.name.value);
        const fragment = context.fragments[selection.name.value];
        if (fragment && context.types.applies(fragment.typeCondition.name.value, type.name)) {
          visit(fragment.selectionSet);
        }
      }
    }
  };
  for (const selectionSet of selectionSets) visit(selectionSet);
  return collected;
}
