import fc, { type GeneratorValue } from 'fast-check';
import {
  type GraphQLCompositeType,
  type GraphQLField,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isCompositeType,
  isObjectType,
} from 'graphql';
import type { Question } from './federation.js';

/** A random query of a schema: aliases, fragments, conditions, arguments. Arguments of fields are `Int`, `ID` or `Boolean`. */
export class RandomOperation {
  #aliases = 0;
  #fragments: string[] = [];
  readonly #variables = new Map<string, boolean>();

  constructor(
    private readonly schema: GraphQLSchema,
    private readonly gen: GeneratorValue,
    private readonly ids: readonly string[],
    /** Whether it has `@skip` and `@include`. */
    private readonly withConditions: boolean,
  ) {}

  make(): Question {
    const query = this.schema.getQueryType();
    if (!query) throw new Error('the schema has no query');
    const body = this.#selections(query, 4);
    const variables = Object.fromEntries(this.#variables);
    const declared = [...this.#variables.keys()].map((name) => `$${name}: Boolean!`).join(' ');
    return {
      query: [`query ${declared ? `(${declared}) ` : ''}${body}`, ...this.#fragments].join('\n'),
      variables,
    };
  }

  #selections(type: GraphQLCompositeType, depth: number): string {
    const count = this.gen(fc.integer, { min: 1, max: depth > 2 ? 4 : 3 });
    const parts = Array.from({ length: count }, () => this.#selection(type, depth));
    return `{ ${parts.join(' ')} }`;
  }

  #selection(type: GraphQLCompositeType, depth: number): string {
    const kind = this.gen(fc.integer, { min: 0, max: 9 });
    if (kind === 0 && depth > 1) return `... ${this.#condition()} ${this.#selections(type, depth - 1)}`;
    if (kind === 1 && depth > 1) return this.#fragmentSpread(type, depth - 1);
    if ((kind <= 4 || !('getFields' in type)) && isAbstractType(type) && depth > 0) {
      const possible = this.#pick(this.schema.getPossibleTypes(type));
      return `... on ${possible.name} ${this.#condition()} ${this.#selections(possible, depth - 1)}`;
    }
    if (!('getFields' in type)) return '__typename';
    const fields = Object.values(type.getFields()).filter(
      (field) => depth > 1 || !isCompositeType(getNamedType(field.type)),
    );
    if (kind === 9 || fields.length === 0) return `${this.#alias(false)}__typename ${this.#condition()}`;
    return this.#field(this.#pick(fields), depth);
  }

  #field(field: GraphQLField<unknown, unknown>, depth: number): string {
    const type = getNamedType(field.type);
    const given = field.args.filter(({ defaultValue }) => defaultValue === undefined || this.gen(fc.boolean));
    const args = given
      .map((arg) => `${arg.name}: ${this.#argument(String(getNamedType(arg.type)))}`)
      .join(' ');
    const inner = isCompositeType(type) ? this.#selections(type, depth - 1) : '';
    const alias = this.#alias(field.args.length > 0);
    return `${alias}${field.name}${args ? `(${args})` : ''} ${this.#condition()} ${inner}`;
  }

  #pick<T>(items: readonly T[]): T {
    return items[this.gen(fc.integer, { min: 0, max: items.length - 1 })] as T;
  }

  #argument(type: string): string {
    if (type === 'Int') return String(this.gen(fc.integer, { min: 0, max: 3 }));
    if (type === 'Boolean') return String(this.gen(fc.boolean));
    return JSON.stringify(this.#pick(this.ids));
  }

  #alias(needed: boolean): string {
    if (!needed && this.gen(fc.integer, { min: 0, max: 3 }) > 0) return '';
    this.#aliases += 1;
    return `a${this.#aliases}: `;
  }

  #fragmentSpread(type: GraphQLCompositeType, depth: number): string {
    const name = `f${this.#fragments.length + 1}`;
    this.#fragments.push('');
    const on =
      isObjectType(type) && type.getInterfaces()[0] && this.gen(fc.boolean)
        ? (type.getInterfaces()[0] as GraphQLCompositeType)
        : type;
    this.#fragments[Number(name.slice(1)) - 1] =
      `fragment ${name} on ${on.name} ${this.#selections(on, depth)}`;
    return `...${name} ${this.#condition()}`;
  }

  #condition(): string {
    if (!this.withConditions) return '';
    const kind = this.gen(fc.integer, { min: 0, max: 11 });
    if (kind > 3) return '';
    const directive = kind % 2 === 0 ? 'skip' : 'include';
    if (kind < 2) {
      const name = `v${this.gen(fc.integer, { min: 0, max: 2 })}`;
      if (!this.#variables.has(name)) this.#variables.set(name, this.gen(fc.boolean));
      return `@${directive}(if: $${name})`;
    }
    return `@${directive}(if: ${String(this.gen(fc.boolean))})`;
  }
}
