import { parse, print } from 'graphql';
import { expect, test } from 'vitest';
import { withoutVariables } from './fetch-without-variables.js';

test.each([
  ['a field', 'query ($a: Int, $b: Int) { x(v: $a) y(v: $b) }', 'query ($b: Int) { y(v: $b) }'],
  [
    'one that is deep in a value',
    'query ($a: Int, $b: Int) { x(v: { w: [$a] }) y(v: $b) }',
    'query ($b: Int) { y(v: $b) }',
  ],
  [
    'an object of which nothing is left, with variables that only it used',
    'query ($a: Int, $b: Int) { o(v: $b) { ... on T { x(v: $a) } } y }',
    '{ y }',
  ],
  ['what is left of an object', 'query ($a: Int) { o { __typename x(v: $a) z } }', '{ o { __typename z } }'],
  [
    'a fragment of which nothing is left, and one that it alone spread',
    'query ($a: Int) { y o { ...F } } fragment F on T { x(v: $a) { ...G } } fragment G on T { z }',
    '{ y }',
  ],
  ['all of it', 'query ($a: Int) { _entities { ... on T { x(v: $a) } } }', undefined],
])('takes away %s', (_, operation, left) => {
  expect(withoutVariables(operation, ['a'])).toBe(left && print(parse(left)));
});
