/**
 * Manifest templates: YAML that is parsed first and substituted afterwards, on the tree. A value can therefore become
 * a value and nothing else, whatever it contains: no new key, no other document, no second substitution.
 *
 * - `${path}` alone is replaced by the value as it is (number, list, mapping); a key whose value is null is left out.
 * - `${path}` within a longer text is replaced by a text, number or boolean.
 * - `$${` stands for `${`.
 */
export type TemplateValue =
  | string
  | number
  | boolean
  | null
  | readonly TemplateValue[]
  | { readonly [key: string]: TemplateValue };

/** What templates may name, by the first word of the path: `{ instance: { name: … }, plan: … }`. */
export type TemplateValues = Readonly<Record<string, Readonly<Record<string, TemplateValue>>>>;

/** A template that can't be filled in. The message names the place in the template, never a value. */
export class TemplateError extends Error {
  constructor(
    readonly place: string,
    readonly problem: string,
  ) {
    super(`${place}: ${problem}`);
    this.name = 'TemplateError';
  }
}

const placeholder = /\$(\$\{)|\$\{([^}]*)\}/g;
const path = /^([a-z][A-Za-z0-9]*)\.([a-zA-Z][A-Za-z0-9]*)$/;

export function fillTemplate(template: unknown, values: TemplateValues, place = ''): TemplateValue {
  if (typeof template === 'string') return fillText(template, values, place);
  if (Array.isArray(template)) {
    return template.map((item, index) => fillTemplate(item, values, `${place}[${index}]`));
  }
  if (typeof template === 'object' && template !== null) {
    return Object.fromEntries(
      Object.entries(template)
        .map(([key, item]) => [key, fillTemplate(item, values, place ? `${place}.${key}` : key)] as const)
        .filter(([, value]) => value !== null),
    );
  }
  return template as TemplateValue;
}

function fillText(text: string, values: TemplateValues, place: string): TemplateValue {
  const whole = /^\$\{([^}]*)\}$/.exec(text);
  if (whole) return lookUp(whole[1] ?? '', values, place);
  return text.replaceAll(placeholder, (_, escaped: string | undefined, name: string | undefined) =>
    escaped ? '${' : asText(lookUp(name ?? '', values, place), name ?? '', place),
  );
}

function lookUp(name: string, values: TemplateValues, place: string): TemplateValue {
  const [, group, key] = path.exec(name) ?? [];
  const found =
    group !== undefined && key !== undefined && Object.hasOwn(values, group) ? values[group] : undefined;
  if (key === undefined || !found || !Object.hasOwn(found, key)) {
    const known = Object.entries(values).flatMap(([first, rest]) =>
      Object.keys(rest).map((last) => `${first}.${last}`),
    );
    throw new TemplateError(place, `\${${name}} is not known: use one of ${known.join(', ')}`);
  }
  return found[key] as TemplateValue;
}

function asText(value: TemplateValue, name: string, place: string): string {
  if (typeof value === 'object') {
    throw new TemplateError(place, `\${${name}} is no text or number: it can't stand within a longer text`);
  }
  const text = String(value);
  // Within a configuration file, a line break would begin a setting of its own.
  if (/\p{Cc}/u.test(text)) {
    throw new TemplateError(
      place,
      `the value of \${${name}} holds a control character: it can't stand within a longer text`,
    );
  }
  return text;
}
