import type { KubernetesObject } from '../storage/api.js';
import { badRequest } from '../storage/api-errors.js';
import { type LabelRequirement, matchesRequirements } from '../storage/label-selector.js';
import type { Resource } from '../storage/resource.js';
import { labelValueProblems, qualifiedNameProblems } from '../storage/validation/names.js';

export type Match = (object: KubernetesObject) => boolean;

export const parseSelectors = (resource: Resource, labels: string, fields: string): Match | undefined => {
  const requirements = parseLabelSelector(labels);
  const terms = parseFieldSelector(resource, fields);
  if (requirements.length === 0 && terms.length === 0) return undefined;
  return (object) =>
    matchesRequirements(object.metadata.labels, requirements) &&
    terms.every((term) => matchesField(resource, object, term));
};

interface FieldTerm {
  readonly field: string;
  readonly isEqual: boolean;
  readonly value: string;
}

const parseFieldSelector = (resource: Resource, text: string): FieldTerm[] =>
  text
    .split(',')
    .filter((part) => part !== '')
    .map((part) => {
      const match = /^([^=!]+)(==|=|!=)(.*)$/.exec(part);
      if (!match) throw badRequest(`invalid selector: '${text}'; can't understand '${part}'`);
      const [, field = '', operator, value = ''] = match;
      if (!resource.fieldSelectors.includes(field)) throw badRequest(unknownField(resource, field));
      return { field, isEqual: operator !== '!=', value: value.replace(/\\([\\,=])/g, '$1') };
    });

/** Kinds with fields of their own name the refused one; the others name the two that all have. */
const unknownField = (resource: Resource, field: string): string =>
  resource.fieldSelectors.length > 2
    ? `field label not supported: ${field}`
    : `"${field}" is not a known field selector: only "metadata.name", "metadata.namespace"`;

const matchesField = (resource: Resource, object: any, { field, isEqual, value }: FieldTerm): boolean =>
  (fieldOf(resource, object, field) === value) === isEqual;

const fieldOf = (resource: Resource, object: any, field: string): string => {
  if (resource.name === 'events') {
    if (field === 'source') return object.source?.component ?? '';
    if (field === 'reportingComponent') return object.reportingComponent ?? '';
  }
  const stored = field
    .replace(/^regarding\./, 'involvedObject.')
    .replace(/^reportingController$/, 'reportingComponent');
  const value = stored.split('.').reduce((inner, key) => inner?.[key], object);
  if (field === 'spec.unschedulable' || field === 'spec.hostNetwork') return String(value ?? false);
  if (field === 'status.replicas') return String(value ?? 0);
  return value === undefined || value === null ? '' : String(value);
};

const OPERATORS = 'in, notin, =, ==, !=, gt, lt';
const symbols = ['==', '!=', '=', '(', ')', ',', '!', '>', '<'];

interface Token {
  readonly text: string;
  readonly isWord: boolean;
}

const tokenize = (text: string): Token[] => {
  const tokens: Token[] = [];
  for (let at = 0; at < text.length; ) {
    if (/\s/.test(text[at] as string)) {
      at += 1;
      continue;
    }
    const symbol = symbols.find((each) => text.startsWith(each, at));
    const word = symbol ?? (/^[^\s=!(),<>]+/.exec(text.slice(at))?.[0] as string);
    tokens.push({ text: word, isWord: symbol === undefined });
    at += word.length;
  }
  return tokens;
};

/** The grammar of the real parser, with its messages. */
export const parseLabelSelector = (text: string): LabelRequirement[] => {
  const tokens = tokenize(text);
  const requirements: LabelRequirement[] = [];
  let at = 0;
  const peek = (): string => tokens[at]?.text ?? '';
  const fail = (message: string): never => {
    throw badRequest(`unable to parse requirement: ${message}`);
  };
  while (at < tokens.length) {
    const negated = peek() === '!';
    if (negated) at += 1;
    const key = tokens[at];
    if (!key?.isWord) fail(`found '${peek()}', expected: identifier`);
    at += 1;
    const name = (key as Token).text;
    for (const problem of qualifiedNameProblems(name))
      fail(`key: Invalid value: ${JSON.stringify(name)}: ${problem}`);
    if (negated || peek() === ',' || at === tokens.length) {
      requirements.push({ key: name, operator: negated ? 'DoesNotExist' : 'Exists', values: [] });
    } else {
      const operator = tokens[at] as Token;
      at += 1;
      const values = ['in', 'notin'].includes(operator.text) ? readSet() : [readValue(operator.text)];
      requirements.push({ key: name, operator: operatorOf(operator.text, fail), values });
      for (const [index, value] of values.entries()) {
        for (const problem of labelValueProblems(value))
          fail(`values[${index}][${name}]: Invalid value: ${JSON.stringify(value)}: ${problem}`);
      }
    }
    if (at === tokens.length) break;
    if (peek() !== ',') throw badRequest(`found '${peek()}', expected: ',' or 'end of string'`);
    at += 1;
    if (at === tokens.length) throw badRequest("found '', expected: identifier after ','");
  }
  return requirements;

  function readSet(): string[] {
    if (peek() !== '(') fail(`found '${peek()}' expected: '('`);
    at += 1;
    const values: string[] = [];
    while (at < tokens.length && peek() !== ')') {
      if (peek() === ',') values.push('');
      else {
        values.push(peek());
        at += 1;
      }
      if (peek() === ',') at += 1;
      else if (peek() !== ')') fail(`found '${peek()}', expected: ',', ')' or identifier`);
    }
    if (peek() !== ')') fail(`found '${peek()}', expected: ',' or ')'`);
    at += 1;
    return values;
  }

  function readValue(operator: string): string {
    operatorOf(operator, fail);
    if (tokens[at]?.isWord) {
      at += 1;
      return (tokens[at - 1] as Token).text;
    }
    return '';
  }
};

const operatorOf = (text: string, fail: (message: string) => never): LabelRequirement['operator'] => {
  switch (text) {
    case 'in':
    case '=':
    case '==':
      return 'In';
    case 'notin':
    case '!=':
      return 'NotIn';
    case '>':
      return 'GreaterThan';
    case '<':
      return 'LessThan';
    default:
      return fail(`found '${text}', expected: ${OPERATORS}`);
  }
};
