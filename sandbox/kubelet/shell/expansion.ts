import { parse, type WordNode } from 'just-bash';
import { evaluateArithmetic, type Variables } from './arithmetic.js';
import { expandBraces } from './braces.js';
import { expandPaths, type Field, patternSource, plain, splitFields } from './fields.js';
import { expandParameter } from './parameters.js';
import type { Shell } from './shell.js';

/** A list that stays several fields even in quotes, as "$@". */
export type Value = string | readonly string[];

/** Everything that happens to a word before a command sees it. */
export class Expansion {
  constructor(readonly shell: Shell) {}

  /** Braces, parameters, commands, arithmetic, fields and paths. */
  async words(words: readonly WordNode[]): Promise<string[]> {
    const expanded: string[] = [];
    for (const word of words)
      for (const alternative of expandBraces(word))
        for (const field of await this.fields(alternative.parts)) {
          if (this.shell.options.has('f')) expanded.push(plain(field));
          else expanded.push(...(await expandPaths(field, this.shell.directory, this.shell.files)));
        }
    return expanded;
  }

  /** One field, as in assignments and redirections. */
  async text(word: WordNode): Promise<string> {
    return plain(await this.field(word.parts));
  }

  /** As a regular expression's source. */
  async pattern(word: WordNode, options?: { lazy?: boolean }): Promise<string> {
    return patternSource(await this.field(word.parts), options);
  }

  async arithmetic(node: any): Promise<number> {
    return evaluateArithmetic(node, this.variables);
  }

  readonly variables: Variables = {
    get: (name) => this.shell.parameter(name),
    set: (name, value) => this.shell.variables.set(name, value),
    expand: async (text) => {
      const word = firstArgument(`: "${text}"`);
      return word ? this.text(word) : '';
    },
    parse: (text) => (firstArgument(`: $((${text}))`)?.parts[0] as any)?.expression,
  };

  /** Unsplit, with what is quoted kept apart for patterns. */
  async field(parts: readonly any[]): Promise<Field> {
    const field: Field = [];
    for (const part of parts) {
      if (part.type === 'DoubleQuoted') {
        const inner = await this.field(part.parts);
        field.push({ text: plain(inner), isQuoted: true });
      } else if (isExpanded(part)) {
        const value = await this.value(part);
        field.push({ text: typeof value === 'string' ? value : value.join(' '), isQuoted: false });
      } else field.push(await this.literal(part));
    }
    return field;
  }

  private async fields(parts: readonly any[]): Promise<Field[]> {
    const fields: Field[] = [];
    let isOpen = false;
    const add = (text: string, isQuoted: boolean): void => {
      if (!isOpen) fields.push([]);
      isOpen = true;
      fields.at(-1)?.push({ text, isQuoted });
    };
    for (const part of parts) {
      if (part.type === 'DoubleQuoted') {
        const values = await this.quoted(part.parts);
        for (const [index, text] of values.entries()) {
          if (index > 0) isOpen = false;
          add(text, true);
        }
      } else if (isExpanded(part)) {
        const value = await this.value(part);
        const separators = this.shell.variables.get('IFS') ?? ' \t\n';
        for (const [position, text] of (typeof value === 'string' ? [value] : value).entries()) {
          if (position > 0) isOpen = false;
          const { fields: pieces, opens, closes } = splitFields(text, separators);
          if (opens) isOpen = false;
          for (const [index, piece] of pieces.entries()) {
            if (index > 0) isOpen = false;
            if (piece !== '' || pieces.length > 1) add(piece, false);
          }
          if (closes) isOpen = false;
        }
      } else {
        const { text, isQuoted } = await this.literal(part);
        add(text, isQuoted);
      }
    }
    return fields;
  }

  /** The content of double quotes: one string, or several when "$@" is in it. */
  private async quoted(parts: readonly any[]): Promise<string[]> {
    let values: string[] | undefined;
    let text = '';
    for (const part of parts) {
      if (!isExpanded(part)) {
        text += (await this.literal(part)).text;
        continue;
      }
      const value = await this.value(part, true);
      if (typeof value === 'string') {
        text += value;
        continue;
      }
      values ??= [];
      if (value.length === 0) continue;
      values.push(text + (value[0] ?? ''), ...value.slice(1, -1));
      text = value.length > 1 ? (value.at(-1) ?? '') : (values.pop() ?? '');
    }
    if (values && values.length === 0 && text === '') return [];
    return [...(values ?? []), text];
  }

  private async literal(part: any): Promise<Field[number]> {
    switch (part.type) {
      case 'TildeExpansion':
        return {
          text: part.user ? `/home/${part.user}` : (this.shell.variables.get('HOME') ?? '/root'),
          isQuoted: true,
        };
      case 'Glob':
        return { text: part.pattern, isQuoted: false };
      default:
        return { text: part.value ?? '', isQuoted: true };
    }
  }

  private async value(part: any, isQuoted = false): Promise<Value> {
    switch (part.type) {
      case 'ParameterExpansion':
        return expandParameter(this, part, isQuoted);
      case 'CommandSubstitution':
        return (await this.shell.capture(part.body)).replace(/\n+$/, '');
      case 'ArithmeticExpansion':
        return String(await this.arithmetic(part.expression));
      default:
        return this.shell.substituteProcess(part.body);
    }
  }
}

const isExpanded = ({ type }: { type: string }): boolean =>
  ['ParameterExpansion', 'CommandSubstitution', 'ArithmeticExpansion', 'ProcessSubstitution'].includes(type);

function firstArgument(script: string): WordNode | undefined {
  const command = parse(script).statements[0]?.pipelines[0]?.commands[0];
  return command?.type === 'SimpleCommand' ? command.args[0] : undefined;
}
