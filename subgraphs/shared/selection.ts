import { type GraphQLResolveInfo, Kind, type SelectionSetNode } from 'graphql';

/** The fields that an operation asks for, by name, whatever their aliases and type conditions. */
export interface Selection {
  readonly [field: string]: Selection;
}

type Info = Pick<GraphQLResolveInfo, 'fieldNodes' | 'fragments'>;

/** What is asked of the field that is being resolved. */
export function selectionOf({ fieldNodes, fragments }: Info): Selection {
  const selection: Record<string, Selection> = {};
  for (const { selectionSet } of fieldNodes) collect(selectionSet, fragments, selection);
  return selection;
}

function collect(
  set: SelectionSetNode | undefined,
  fragments: Info['fragments'],
  into: Record<string, Selection>,
): void {
  for (const node of set?.selections ?? []) {
    if (node.kind === Kind.FIELD) {
      const below = { ...into[node.name.value] };
      collect(node.selectionSet, fragments, below);
      into[node.name.value] = below;
    } else if (node.kind === Kind.INLINE_FRAGMENT) collect(node.selectionSet, fragments, into);
    else collect(fragments[node.name.value]?.selectionSet, fragments, into);
  }
}

/** Only what was asked for of a plain value; fields that a resolver makes are not part of it. */
export function selected(value: unknown, selection: Selection): unknown {
  if (Array.isArray(value)) return value.map((item) => selected(item, selection));
  if (typeof value !== 'object' || value === null || value instanceof Date) return value;
  return Object.fromEntries(
    Object.entries(selection).flatMap(([field, below]) =>
      field in value ? [[field, selected((value as Record<string, unknown>)[field], below)]] : [],
    ),
  );
}
