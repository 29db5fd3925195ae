import { describe, expect, it } from 'vitest';
import { processorMs } from '../../../test/kit/stopwatch.js';
import { parseStrictYaml } from './strict-yaml.js';

const parse = (text: string) => parseStrictYaml(text, { maxBytes: 256 * 1024, maxDepth: 20 });
const bomb = [
  'a: &a [x,x,x,x,x,x,x,x,x]',
  ...[...'bcdefghi'].map((key, i) => `${key}: &${key} [${Array(9).fill(`*${'abcdefgh'[i]}`).join(',')}]`),
].join('\n');

describe('YAML from outside', () => {
  it('is read as YAML 1.2, where "no" is text', () => {
    expect(parse('\uFEFFa: no\nb: [1, "x", true, null]\nc: |\n  two\n  lines\n')).toEqual({
      a: 'no',
      b: [1, 'x', true, null],
      c: 'two\nlines\n',
    });
    expect(parse('{"a": {\n\t"b": 1}}')).toEqual({ a: { b: 1 } });
  });

  it('cannot reach a prototype', () => {
    const value = parse('{"__proto__": {"polluted": true}}') as object;
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });

  it.each([
    ['an alias', 'a: &x 1\nb: *x', /anchor &x/],
    ['an alias bomb', bomb, /anchor &a/],
    ['an anchor on a key', '&k a: 1', /anchor &k/],
    ['a merge key', 'a: {b: 1}\n<<: {c: 1}', /merge key/],
    ['a tag', 'a: !!js/function "x"', /unresolved|tag/i],
    ['a standard tag', 'a: !!str 1', /tag/],
    ['two documents', 'a: 1\n---\nb: 2', /more than one document/],
    ['a duplicate key', 'a: 1\na: 2', /a key stands twice/],
    ['a key that is no text', '? [a]\n: 1', /key that is no text/],
    ['a tab as indentation', 'a:\n\tb: 1', /can't be read at line 2/],
    ['an unclosed bracket', 'a: [1', /can't be read at line 1/],
    ['great depth in brackets', '['.repeat(1000) + ']'.repeat(1000), /nested deeper than 20/],
    ['great depth in brackets that never close', '['.repeat(250_000), /nested deeper than 20/],
    [
      'great depth in indentation',
      Array.from({ length: 300 }, (_, i) => `${' '.repeat(i)}a:`).join('\n'),
      /deeper than 20/,
    ],
    // Composed, it would end the whole process.
    ['great depth in dashes', `${'- '.repeat(120_000)}a`, /deeper than 20/],
    ['great depth in keys', `${'? '.repeat(120_000)}a`, /deeper than 20/],
    ['great depth in values of keys without a name', `${': '.repeat(120_000)}a`, /deeper than 20/],
    [
      'great depth in mappings of one line',
      `${'- a:\n'.repeat(5)}${'- ? '.repeat(60_000)}`,
      /deeper than 20/,
    ],
    ['great depth in brackets that quoted ones seem to close', '["]",'.repeat(50_000), /deeper than 20/],
    ['great depth in braces that quoted ones seem to close', '{"}":'.repeat(50_000), /deeper than 20/],
    ['too many bytes', `a: ${'x'.repeat(256 * 1024)}`, /larger than 256 KiB/],
    ['nothing but a comment', '# hello', /is empty/],
  ])('is refused with %s, at once', (_what, text, message) => {
    expect(processorMs(() => expect(() => parse(text)).toThrow(message))).toBeLessThan(100);
  });
});
