import { type FieldNode, type FragmentDefinitionNode, parse } from 'graphql';
import { describe, expect, it } from 'vitest';
import { selected, selectionOf } from './selection.js';

function selectionIn(text: string) {
  const { definitions } = parse(text);
  const operation = definitions.find((node) => node.kind === 'OperationDefinition');
  const fragments = definitions.filter((node): node is FragmentDefinitionNode => 'typeCondition' in node);
  return selectionOf({
    fieldNodes: operation?.selectionSet.selections as FieldNode[],
    fragments: Object.fromEntries(fragments.map((node) => [node.name.value, node])),
  });
}

describe('what an operation asks for', () => {
  it('is found in fragments and under aliases', () => {
    const selection = selectionIn(
      '{ field { ... on A { rollout { share: percent ...Pods } } ... on B { rollout { phase } } } } fragment Pods on Rollout { pods { name } }',
    );
    expect(selection).toEqual({ rollout: { percent: {}, pods: { name: {} }, phase: {} } });
  });

  it('is all that is compared of a value', () => {
    const selection = selectionIn('{ field { percent pods { name usage } none } }');
    expect(selected({ percent: 1, phase: 'X', pods: [{ name: 'a', ip: '1' }] }, selection)).toEqual({
      percent: 1,
      pods: [{ name: 'a' }],
    });
  });
});
