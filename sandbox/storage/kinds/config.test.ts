import { describe, expect, it } from 'vitest';
import { FieldErrors } from '../field-errors.js';
import { configMapRules, secretRules } from './config.js';

const mebibyte = 1024 * 1024;
const encoded = (bytes: number): string => Buffer.alloc(bytes, 'x').toString('base64');

describe('how much a Secret and a ConfigMap hold', () => {
  it.each([
    ['a Secret', secretRules, { type: 'Opaque' }, (bytes: number) => ({ data: { key: encoded(bytes) } })],
    ['a ConfigMap', configMapRules, {}, (bytes: number) => ({ data: { key: 'x'.repeat(bytes) } })],
    ['a ConfigMap', configMapRules, {}, (bytes: number) => ({ binaryData: { key: encoded(bytes) } })],
  ])('is 1 MiB of what %s’s values are, however they are written', (_, rules, object, values) => {
    const problemsOf = (bytes: number): number => {
      const errors = new FieldErrors();
      rules.validate?.({ ...object, ...values(bytes) }, errors);
      return errors.list.length;
    };
    expect([problemsOf(mebibyte), problemsOf(mebibyte + 1)]).toEqual([0, 1]);
  });
});
