import { type ConstDirectiveNode, Kind, parse } from 'graphql';

/**
 * Throws for a supergraph with `@override(label:)`: who decides label by label which of two subgraphs resolves a field
 * is not there, and the planner would take every label for "not yet", so that the field never moved and nobody was told.
 * https://specs.apollo.dev/join/v0.5/#@field
 */
export function refuseProgressiveOverrides(supergraphSdl: string): void {
  // To parse it takes a twentieth of the whole start.
  if (!/\boverrideLabel\s*:\s*"/.test(supergraphSdl)) return;
  const found = parse(supergraphSdl, { noLocation: true }).definitions.flatMap((definition) => {
    const isType =
      definition.kind === Kind.OBJECT_TYPE_DEFINITION || definition.kind === Kind.INTERFACE_TYPE_DEFINITION;
    if (!isType) return [];
    return (definition.fields ?? []).flatMap(({ name, directives = [] }) =>
      directives.flatMap((directive) => {
        const label = labelOf(directive);
        return label === undefined
          ? []
          : [`${definition.name.value}.${name.value} (label ${JSON.stringify(label)})`];
      }),
    );
  });
  if (found.length === 0) return;
  throw new Error(
    `it overrides fields progressively, which this gateway does not do: ${[...new Set(found)].join(', ')}. Take the label out of @override once the field may move.`,
  );
}

function labelOf({ name, arguments: given = [] }: ConstDirectiveNode): string | undefined {
  if (name.value !== 'join__field') return undefined;
  const label = given.find((argument) => argument.name.value === 'overrideLabel')?.value;
  return label?.kind === Kind.STRING ? label.value : undefined;
}
