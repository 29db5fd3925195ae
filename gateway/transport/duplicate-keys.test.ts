import { expect, test } from 'vitest';
import { hasDuplicateKeys } from './duplicate-keys.js';

const keys = ['query', 'variables'];

test.each<[string, boolean]>([
  ['{}', false],
  ['7', false],
  ['{"query":"{ a }","variables":{"query":"b"}}', false],
  ['{"variables":{"query":"b","variables":[{"query":1}]},"query":"{ a }"}', false],
  ['{"query":"{ a(b: \\"query\\") }","variables":{}}', false],
  ['{"query":"\\"query\\":1"}', false],
  ['{"query":"{ a }","query":"{ b }"}', true],
  ['{"query":"{ a }","variables":{"x":[{}]},"query":"{ b }"}', true],
  ['{"query":"{ a }","qu\\u0065ry":"{ b }"}', true],
  ['{"query":"\\u00e4","variables":{"query":1}}', false],
])('%s: %s', (text, duplicate) => {
  JSON.parse(text);
  expect(hasDuplicateKeys(text, keys)).toBe(duplicate);
});

test('a body as large as any is read to its end', () => {
  for (const filling of ['\\n'.repeat(1_000_000), 'x'.repeat(2_000_000)]) {
    const text = `{"query":"\\u0061${filling}","query":""}`;
    expect(hasDuplicateKeys(text, keys)).toBe(true);
  }
});
