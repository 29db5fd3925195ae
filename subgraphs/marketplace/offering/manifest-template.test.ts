// biome-ignore-all lint/suspicious/noTemplateCurlyInString: placeholders of our templates
import { describe, expect, it } from 'vitest';
import { fillTemplate, TemplateError } from './manifest-template.js';

const values = {
  instance: { name: 'cache', port: 6379, labels: { app: 'cache' } },
  storage: { className: null },
  parameters: { text: 'plain', flag: true, names: ['a', 'b'] },
};

describe('filling in a manifest template', () => {
  it('puts a lone placeholder in as the value that it is', () => {
    expect(
      fillTemplate(
        {
          port: '${instance.port}',
          labels: '${instance.labels}',
          names: '${parameters.names}',
          flag: '${parameters.flag}',
        },
        values,
      ),
    ).toEqual({ port: 6379, labels: { app: 'cache' }, names: ['a', 'b'], flag: true });
  });

  it('puts values into a longer text as text', () => {
    expect(fillTemplate('redis://${instance.name}:${instance.port}/0', values)).toBe('redis://cache:6379/0');
  });

  it('leaves a key out whose value is null', () => {
    expect(fillTemplate({ spec: { storageClassName: '${storage.className}', a: 1 } }, values)).toEqual({
      spec: { a: 1 },
    });
  });

  it('keeps what $${ escapes, and what only looks like a placeholder', () => {
    expect(fillTemplate(['$${HOME}', '$(VAR)', '$ {x}', '$$'], values)).toEqual([
      '${HOME}',
      '$(VAR)',
      '$ {x}',
      '$$',
    ]);
  });

  it('does not touch keys', () => {
    expect(fillTemplate({ '${instance.name}': 1 }, values)).toEqual({ '${instance.name}': 1 });
  });

  it('names the place of an unknown placeholder', () => {
    expect(() => fillTemplate({ spec: { list: [{ a: '${instance.nmae}' }] } }, values)).toThrow(
      /^spec\.list\[0\]\.a: \$\{instance\.nmae\} is not known: use one of instance\.name, /,
    );
  });

  it.each([
    '${constructor.name}',
    '${__proto__.x}',
    '${instance.__proto__}',
    '${instance.constructor}',
    '${instance}',
    '${}',
    '${instance.name.length}',
  ])('reaches nothing but the given values with %s', (text) => {
    expect(() => fillTemplate(text, values)).toThrow(TemplateError);
    expect(() => fillTemplate(`x${text}`, values)).toThrow(TemplateError);
  });

  it('refuses a mapping within a text', () => {
    expect(() => fillTemplate('a ${instance.labels}', values)).toThrow('is no text or number');
  });
});

describe('a hostile value', () => {
  const hostile = [
    '${credentials.password}',
    '$${x}',
    'a: b\nkind: Secret',
    '---\nkind: ClusterRole',
    '"}, {"privileged": true',
    '*alias',
    '!!js/function x',
    '$&$1$`',
    '__proto__',
    '{{ .Values }}',
    '\u202e',
  ];

  it.each(hostile)('stays one value: %j', (text) => {
    const filled = fillTemplate({ args: ['--name', '${parameters.text}'] }, { parameters: { text } });
    expect(filled).toEqual({ args: ['--name', text] });
  });

  it.each(hostile.filter((text) => !text.includes('\n')))('stays itself within a text: %j', (text) => {
    expect(fillTemplate('<${parameters.text}>', { parameters: { text } })).toBe(`<${text}>`);
  });

  it.each(['a\nrequirepass none', 'a\rb', 'a\tb', 'a\u0000b', 'a\u0085b'])(
    'can not begin a line of its own in a configuration file: %j',
    (text) => {
      expect(() => fillTemplate('policy ${parameters.text}', { parameters: { text } })).toThrow(
        'holds a control character',
      );
    },
  );

  it('is not repeated in the error', () => {
    const fill = () => fillTemplate('a ${parameters.text}', { parameters: { text: 'hidden\n' } });
    expect(fill).toThrow(TemplateError);
    expect(fill).not.toThrow('hidden');
  });
});
