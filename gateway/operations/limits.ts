import {
  type DocumentNode,
  type FragmentDefinitionNode,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql';
import { type MeridianError, TooLargeError } from '../../subgraphs/shared/errors.js';
import { RefusedOperationError } from './refused-operation.js';

/** The published limits of a document, checked before it is validated or planned. */
export const documentLimits = {
  tokens: 5_000,
  depth: 12,
  aliases: 30,
  rootFields: 20,
  /** After fragments are expanded. */
  fields: 1_000,
  directives: 100,
} as const;

interface Measure {
  depth: number;
  aliases: number;
  rootFields: number;
  fields: number;
  directives: number;
}

/**
 * What is wrong with the size of a document's operations, fragments counted as often as they are spread. Introspection
 * counts for everything but depth: graphql-js bounds its nesting by a rule of its own.
 */
export function exceededLimits(document: DocumentNode): MeridianError[] {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
  }
  const measures = new Measures(fragments);
  // Fragments that nothing spreads are measured too: validation walks them all the same.
  for (const name of fragments.keys()) measures.ofFragment(name);
  const operations = document.definitions.filter(
    (definition): definition is OperationDefinitionNode => definition.kind === Kind.OPERATION_DEFINITION,
  );
  const problems = operations.flatMap((operation) => {
    const measure = measures.ofSelections(operation.selectionSet);
    measure.directives += operation.directives?.length ?? 0;
    for (const variable of operation.variableDefinitions ?? []) {
      measure.directives += variable.directives?.length ?? 0;
    }
    return exceeded(measure);
  });
  return [...measures.cycles, ...problems];
}

const names = {
  depth: 'levels of nesting',
  aliases: 'aliases',
  rootFields: 'root fields',
  fields: 'fields',
  directives: 'directives',
} as const;

function exceeded(measure: Measure): TooLargeError[] {
  return (Object.keys(names) as (keyof typeof names)[])
    .filter((key) => measure[key] > documentLimits[key])
    .map(
      (key) =>
        new TooLargeError(
          `The operation has more than ${documentLimits[key]} ${names[key]}, counted with its fragments expanded: split it.`,
        ),
    );
}

class Measures {
  readonly cycles: RefusedOperationError[] = [];
  readonly #byFragment = new Map<string, Measure | 'being measured'>();

  constructor(private readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>) {}

  ofSelections(selectionSet: SelectionSetNode): Measure {
    const total: Measure = { depth: 0, aliases: 0, rootFields: 0, fields: 0, directives: 0 };
    for (const selection of selectionSet.selections) {
      total.directives += selection.directives?.length ?? 0;
      if (selection.kind === Kind.FIELD) {
        const inner = selection.selectionSet ? this.ofSelections(selection.selectionSet) : undefined;
        const introspection = selection.name.value.startsWith('__');
        add(total, {
          depth: introspection ? 1 : 1 + (inner?.depth ?? 0),
          aliases: (selection.alias ? 1 : 0) + (inner?.aliases ?? 0),
          rootFields: 1,
          fields: 1 + (inner?.fields ?? 0),
          directives: inner?.directives ?? 0,
        });
      } else if (selection.kind === Kind.INLINE_FRAGMENT) {
        add(total, this.ofSelections(selection.selectionSet));
      } else {
        add(total, this.ofFragment(selection.name.value));
      }
    }
    return total;
  }

  ofFragment(name: string): Measure {
    const none: Measure = { depth: 0, aliases: 0, rootFields: 0, fields: 0, directives: 0 };
    const known = this.#byFragment.get(name);
    if (known === 'being measured') {
      this.cycles.push(
        new RefusedOperationError(`The fragment ${JSON.stringify(name)} spreads itself: take the cycle out.`),
      );
      return none;
    }
    if (known) return known;
    const fragment = this.fragments.get(name);
    // An unknown fragment is for validation to report.
    if (!fragment) return none;
    this.#byFragment.set(name, 'being measured');
    const measure = this.ofSelections(fragment.selectionSet);
    measure.directives += fragment.directives?.length ?? 0;
    this.#byFragment.set(name, measure);
    return measure;
  }
}

function add(total: Measure, part: Measure): void {
  total.depth = Math.max(total.depth, part.depth);
  total.aliases += part.aliases;
  total.rootFields += part.rootFields;
  total.fields += part.fields;
  total.directives += part.directives;
}
