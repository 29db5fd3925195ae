import { describe, expect, it } from 'vitest';
import { ParameterSchema } from './parameter-validation.js';

const schema = new ParameterSchema({
  type: 'object',
  additionalProperties: false,
  required: ['owner'],
  properties: {
    owner: { type: 'string', description: 'Who.', minLength: 1 },
    policy: { type: 'string', description: 'How.', enum: ['a', 'b'], default: 'a' },
    count: { type: 'integer', description: 'How many.', minimum: 1, maximum: 5, default: 2 },
    flag: { type: 'boolean', description: 'Whether.', default: false },
  },
});
const fieldsOf = (parameters: unknown): string[] =>
  schema.check(parameters).problems.map(({ field }) => field.join('.'));

describe('the parameters of an instance', () => {
  it('get the defaults of the schema', () => {
    expect(schema.check({ owner: 'me', count: 3 })).toEqual({
      values: { owner: 'me', policy: 'a', count: 3, flag: false },
      problems: [],
    });
  });

  it('are not changed where they came from', () => {
    const given = { owner: 'me' };
    schema.check(given);
    expect(given).toEqual({ owner: 'me' });
  });

  it('are refused with the path of every field at fault', () => {
    expect(fieldsOf({ policy: 'c', count: 9, flag: 'yes', extra: 1 }).sort()).toEqual([
      'count',
      'extra',
      'flag',
      'owner',
      'policy',
    ]);
  });

  it('are not converted: a text is no number', () => {
    expect(fieldsOf({ owner: 'me', count: '3' })).toEqual(['count']);
  });

  it('name what may be chosen', () => {
    expect(schema.check({ owner: 'me', policy: 'c' }).problems[0]?.message).toBe(
      'policy must be one of "a", "b".',
    );
  });

  it.each([[['a']], ['text'], [7], [[]]])('must be an object: %j', (parameters) => {
    expect(schema.check(parameters).problems.length).toBeGreaterThan(0);
  });

  it('may be left out when all have defaults', () => {
    const optional = new ParameterSchema({ type: 'object', additionalProperties: false, properties: {} });
    expect(optional.check(undefined)).toEqual({ values: {}, problems: [] });
    expect(optional.check(null).problems).toEqual([]);
  });

  it.each(['a\nb', 'a\u0000', '$(REDISCLI_AUTH)', 'x$(A)'])(
    'are refused when a template could be led astray: %j',
    (owner) => {
      expect(fieldsOf({ owner })).toEqual(['owner']);
    },
  );

  it('do not reach the prototype', () => {
    expect(fieldsOf(JSON.parse('{"owner": "me", "__proto__": {"x": 1}}'))).toEqual(['__proto__']);
    expect(fieldsOf({ owner: 'me', constructor: 1 })).toEqual(['constructor']);
  });
});

describe('a schema of parameters', () => {
  const define = (property: object) => () =>
    new ParameterSchema({ type: 'object', additionalProperties: false, properties: { a: property } });

  it('is refused when a property could stay without value', () => {
    expect(define({ type: 'string', description: 'x' })).toThrow('properties.a needs a default');
  });

  it('is refused when a default is not valid', () => {
    expect(define({ type: 'integer', description: 'x', minimum: 5, default: 1 })).toThrow(
      'properties.a.default',
    );
  });

  it('is refused with a keyword that JSON Schema does not know', () => {
    expect(define({ type: 'string', description: 'x', default: '', patern: 'y' })).toThrow('patern');
  });

  it('is refused with a nested property', () => {
    expect(define({ type: 'object', description: 'x', default: {} })).toThrow('properties.a.type');
  });
});
