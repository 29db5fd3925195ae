import {
  type DocumentNode,
  type FragmentDefinitionNode,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql';
import { isInherited, isObject, type ObjectValue, readOwn, writeOwn } from './own-property.js';

/**
 * What a fetch asks for, by response name: which values are objects and which are leaves. A leaf of type JSON may be
 * an object too, and one that its subgraph keeps: it is replaced, never merged into.
 */
export type Selected = ReadonlyMap<string, SelectedField>;

interface SelectedField {
  readonly inherited: boolean;
  /** Undefined for a leaf. */
  readonly fields: Selected | undefined;
}

/** @param renamed response names that are changed before merging (an alias of the planner's, back to the client's) */
export function selectedBy(document: DocumentNode, renamed: ReadonlyMap<string, string>): Selected {
  const fragments = new Map<string, FragmentDefinitionNode>();
  let operation: OperationDefinitionNode | undefined;
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
    else if (definition.kind === Kind.OPERATION_DEFINITION) operation = definition;
  }
  if (!operation) throw new Error('a fetch has no operation');

  const collect = (sets: readonly SelectionSetNode[], into: Map<string, SelectionSetNode[]>): void => {
    for (const { selections } of sets) {
      for (const selection of selections) {
        if (selection.kind === Kind.INLINE_FRAGMENT) collect([selection.selectionSet], into);
        else if (selection.kind === Kind.FRAGMENT_SPREAD) {
          const fragment = fragments.get(selection.name.value);
          if (fragment) collect([fragment.selectionSet], into);
        } else {
          const name = selection.alias?.value ?? selection.name.value;
          for (const key of [name, renamed.get(name)]) {
            if (key === undefined) continue;
            const known = into.get(key) ?? [];
            if (selection.selectionSet) known.push(selection.selectionSet);
            into.set(key, known);
          }
        }
      }
    }
  };
  const select = (sets: readonly SelectionSetNode[]): Selected => {
    const collected = new Map<string, SelectionSetNode[]>();
    collect(sets, collected);
    return new Map(
      [...collected].map(([name, inner]) => [
        name,
        { inherited: isInherited(name), fields: inner.length > 0 ? select(inner) : undefined },
      ]),
    );
  };
  return select([operation.selectionSet]);
}

/**
 * Adds what a fetch brought to what is there. Null never replaces a value: two subgraphs may be asked for parts of
 * the same object, and one that fails takes nothing from the other.
 */
export class Merger {
  constructor(
    /** Names of object types. An interface object's `__typename` is the interface's and gives way to the real one. */
    private readonly isObjectType: (name: string) => boolean,
  ) {}

  merge(target: ObjectValue, source: ObjectValue, selected: Selected): void {
    for (const [name, { inherited, fields }] of selected) {
      const value = inherited ? readOwn(source, name) : source[name];
      if (value === undefined) continue;
      const known = inherited ? readOwn(target, name) : target[name];
      if (known === undefined || known === null) writeOwn(target, name, value);
      else if (value !== null && !(name === '__typename' && this.isObjectType(String(known)))) {
        writeOwn(target, name, fields ? this.#together(known, value, fields) : value);
      }
    }
  }

  #together(known: unknown, value: unknown, fields: Selected): unknown {
    if (value === null || value === undefined) return known;
    if (isObject(known) && isObject(value)) {
      if (known !== value) this.merge(known, value, fields);
      return known;
    }
    if (Array.isArray(known) && Array.isArray(value) && known.length === value.length) {
      for (let index = 0; index < known.length; index += 1) {
        known[index] = this.#together(known[index], value[index], fields);
      }
      return known;
    }
    return value;
  }
}
