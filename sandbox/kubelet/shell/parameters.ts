import type { Expansion, Value } from './expansion.js';

/** A wrong use of `${…}`; ends a script. */
export class ParameterError extends Error {}

const listed = /^(\w+)\[([@*])\]$/;

/** `$name`, `${name}` and `${name…}`. */
export async function expandParameter(expansion: Expansion, part: any, isQuoted: boolean): Promise<Value> {
  const { parameter, operation } = part;
  const { shell } = expansion;
  if (operation?.type === 'Indirection') {
    const target = shell.parameter(parameter) ?? '';
    return expandParameter(expansion, { parameter: target, operation: operation.innerOp ?? null }, isQuoted);
  }
  if (operation?.type === 'ArrayKeys')
    return shell.variables.elements(operation.array).map(([index]) => String(index));
  if (operation?.type === 'VarNamePrefix')
    return shell.variables.names().filter((name) => name.startsWith(operation.prefix));
  const list = await listOf(expansion, parameter);
  if (list !== undefined) return onList(expansion, list, parameter, operation, isQuoted);
  const name = await resolveSubscript(expansion, parameter);
  const value = shell.parameter(name);
  if (!operation) {
    if (value === undefined && shell.options.has('u') && !'@*#?-$!'.includes(name))
      throw new ParameterError(`${name}: ${shell.dialect.unset}`);
    return value ?? '';
  }
  return apply(expansion, name, value, operation);
}

async function listOf({ shell }: Expansion, parameter: string): Promise<readonly string[] | undefined> {
  if (parameter === '@' || parameter === '*') return shell.positional;
  const array = listed.exec(parameter);
  return array ? shell.variables.elements(array[1] ?? '').map(([, value]) => value) : undefined;
}

async function onList(
  expansion: Expansion,
  list: readonly string[],
  parameter: string,
  operation: any,
  isQuoted: boolean,
): Promise<Value> {
  const join = (values: readonly string[]): Value => {
    if (!parameter.includes('*') || !isQuoted) return values;
    return values.join((expansion.shell.variables.get('IFS') ?? ' ').slice(0, 1));
  };
  if (!operation) return join(list);
  if (operation.type === 'Length') return String(list.length);
  if (operation.type === 'Substring') {
    const offset = await expansion.arithmetic(operation.offset);
    const length = operation.length ? await expansion.arithmetic(operation.length) : undefined;
    const base = parameter === '@' || parameter === '*' ? [expansion.shell.name, ...list] : list;
    const start = offset < 0 ? base.length + offset : offset;
    return join(base.slice(start, length === undefined ? undefined : start + length));
  }
  if (/Default|Alternative|Error/.test(operation.type)) {
    const value = list.length === 0 ? undefined : list.join(' ');
    const result = await apply(expansion, parameter, value, operation);
    return result === value ? join(list) : result;
  }
  const values: string[] = [];
  for (const value of list) values.push(await apply(expansion, parameter, value, operation));
  return join(values);
}

/** `name[i+1]` as `name[3]`. */
async function resolveSubscript(expansion: Expansion, parameter: string): Promise<string> {
  const subscript = /^(\w+)\[(.+)\]$/.exec(parameter);
  if (!subscript) return parameter;
  const text = await expansion.variables.expand(subscript[2] ?? '');
  return `${subscript[1]}[${await expansion.arithmetic(expansion.variables.parse(text))}]`;
}

async function apply(
  expansion: Expansion,
  name: string,
  value: string | undefined,
  operation: any,
): Promise<string> {
  const isMissing = value === undefined || (operation.checkEmpty && value === '');
  const { shell } = expansion;
  const text = value ?? '';
  switch (operation.type) {
    case 'DefaultValue':
      return isMissing ? expansion.text(operation.word) : text;
    case 'UseAlternative':
      return isMissing ? '' : expansion.text(operation.word);
    case 'AssignDefault': {
      if (!isMissing) return text;
      const assigned = await expansion.text(operation.word);
      shell.variables.set(name, assigned);
      return assigned;
    }
    case 'ErrorIfUnset': {
      if (!isMissing) return text;
      const message = operation.word ? await expansion.text(operation.word) : '';
      throw new ParameterError(`${name}: ${message || 'parameter null or not set'}`);
    }
    case 'Length':
      return String(text.length);
    case 'Substring': {
      const offset = await expansion.arithmetic(operation.offset);
      const length = operation.length ? await expansion.arithmetic(operation.length) : undefined;
      const start = offset < 0 ? Math.max(0, text.length + offset) : offset;
      return length === undefined
        ? text.slice(start)
        : text.slice(start, length < 0 ? length : start + length);
    }
    case 'PatternRemoval':
      return removePattern(expansion, text, operation);
    case 'PatternReplacement':
      return replacePattern(expansion, text, operation);
    case 'CaseModification': {
      const change = (part: string) =>
        operation.direction === 'upper' ? part.toUpperCase() : part.toLowerCase();
      return operation.all ? change(text) : change(text.slice(0, 1)) + text.slice(1);
    }
    case 'Transform':
      if (operation.operator === 'Q') return `'${text.replaceAll("'", `'\\''`)}'`;
      if (operation.operator === 'U') return text.toUpperCase();
      return operation.operator === 'L' ? text.toLowerCase() : text;
    default:
      throw new ParameterError(`\${${name}}: bad substitution`);
  }
}

async function removePattern(
  expansion: Expansion,
  text: string,
  { pattern, side, greedy }: any,
): Promise<string> {
  const source = await expansion.pattern(pattern, { lazy: !greedy });
  if (side === 'prefix') return text.replace(new RegExp(`^${source}`), '');
  // From the end, the shortest match is the one that begins last.
  for (
    let index = greedy ? 0 : text.length;
    greedy ? index <= text.length : index >= 0;
    index += greedy ? 1 : -1
  )
    if (new RegExp(`^(?:${source})$`).test(text.slice(index))) return text.slice(0, index);
  return text;
}

async function replacePattern(expansion: Expansion, text: string, operation: any): Promise<string> {
  const source = await expansion.pattern(operation.pattern);
  if (source === '') return text;
  const replacement = operation.replacement ? await expansion.text(operation.replacement) : '';
  const anchored =
    operation.anchor === 'start' ? `^(?:${source})` : operation.anchor === 'end' ? `(?:${source})$` : source;
  return text.replace(new RegExp(anchored, operation.all ? 'g' : ''), () => replacement);
}
