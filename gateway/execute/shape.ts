import {
  type FieldNode,
  type GraphQLCompositeType,
  GraphQLError,
  type GraphQLNamedType,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
  isAbstractType,
  isCompositeType,
  isInterfaceType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  type SelectionSetNode,
} from 'graphql';
import { collectFields, type FieldsToCollect } from './collect-fields.js';
import { compileLeaf } from './leaf.js';
import { isInherited, isObject, type ObjectValue, readOwn, writeOwn } from './own-property.js';

/** A null where the schema allows none, or a value that is not of its type. */
export interface Incompleteness {
  readonly error: GraphQLError;
  /** Nothing came at all: a fetch that failed has been reported already. */
  readonly absent: boolean;
}

/** Where shaping stands, and what it found on the way. */
export interface Shaping {
  readonly path: (string | number)[];
  readonly found: Incompleteness[];
  /** See `Run.missing`. */
  readonly missing: ReadonlySet<ObjectValue>;
}

/** Stands for null where the reason has been reported: what may not be null passes it on to its parent. */
export const failed = Symbol('failed');

type Complete = (value: unknown, shaping: Shaping) => unknown;

interface ShapedField {
  readonly name: string;
  readonly inherited: boolean;
  readonly nonNull: boolean;
  readonly complete: Complete;
}

/**
 * The shape of a response: which fields of which type, in which order. Compiled for each type of object when the first
 * one comes.
 */
export class ResponseShape {
  readonly #root: readonly ShapedField[];

  constructor(
    private readonly schema: GraphQLSchema,
    root: GraphQLObjectType,
    selectionSet: SelectionSetNode,
    private readonly context: FieldsToCollect,
  ) {
    this.#root = this.#fieldsOf([selectionSet], root);
  }

  /** Null when a field of the root that may not be null is. */
  apply(data: ObjectValue, shaping: Shaping): ObjectValue | null {
    const shaped = this.#object(this.#root, data, shaping);
    return shaped === failed ? null : (shaped as ObjectValue);
  }

  #fieldsOf(selectionSets: readonly SelectionSetNode[], type: GraphQLCompositeType): ShapedField[] {
    const shaped: ShapedField[] = [];
    for (const [name, nodes] of collectFields(selectionSets, type, this.context)) {
      const complete = this.#field(type, name, nodes);
      if (complete) shaped.push({ name, inherited: isInherited(name), ...complete });
    }
    return shaped;
  }

  #field(
    type: GraphQLCompositeType,
    name: string,
    nodes: readonly FieldNode[],
  ): Pick<ShapedField, 'nonNull' | 'complete'> | undefined {
    const fieldName = nodes[0]?.name.value ?? '';
    if (fieldName === '__typename') return { nonNull: true, complete: this.#typename(type) };
    // graphql-js has answered them.
    if (fieldName === '__schema' || fieldName === '__type') {
      return { nonNull: false, complete: (value) => value ?? null };
    }
    const field = 'getFields' in type ? type.getFields()[fieldName] : undefined;
    if (!field) return undefined;
    const selectionSets = nodes.flatMap(({ selectionSet }) => selectionSet ?? []);
    return {
      nonNull: isNonNullType(field.type),
      complete: this.#complete(field.type, selectionSets, `${type.name}.${fieldName}`, name),
    };
  }

  #typename(type: GraphQLCompositeType): Complete {
    if (isObjectType(type)) return () => type.name;
    return (value, shaping) => {
      if (typeof value === 'string' && isObjectType(this.schema.getType(value))) return value;
      return incomplete(shaping, `An object of type ${type.name} has no object type.`);
    };
  }

  #complete(
    type: GraphQLOutputType,
    selectionSets: readonly SelectionSetNode[],
    coordinate: string,
    key: string | undefined,
  ): Complete {
    if (isNonNullType(type)) {
      const complete = this.#complete(type.ofType, selectionSets, coordinate, key);
      return (value, shaping) => {
        const completed = complete(value, shaping);
        if (completed !== null) return completed;
        return incompleteAt(
          shaping,
          key,
          `Cannot return null for non-nullable field ${coordinate}.`,
          value === undefined,
        );
      };
    }
    if (isListType(type)) return this.#list(type.ofType, selectionSets, coordinate, key);
    if (isLeafType(type)) {
      const complete = compileLeaf(type);
      return (value, shaping) => {
        if (value === null || value === undefined) return null;
        try {
          return complete(value);
        } catch (error) {
          return incompleteAt(shaping, key, `${coordinate}: ${(error as Error).message}`);
        }
      };
    }
    return this.#composite(type, selectionSets, coordinate, key);
  }

  #list(
    itemType: GraphQLOutputType,
    selectionSets: readonly SelectionSetNode[],
    coordinate: string,
    key: string | undefined,
  ): Complete {
    const nonNull = isNonNullType(itemType);
    const complete = this.#complete(itemType, selectionSets, coordinate, undefined);
    return within(key, (value, shaping) => {
      if (!Array.isArray(value)) {
        return incomplete(shaping, `Expected a list for field ${coordinate}.`);
      }
      const { path } = shaping;
      const items: unknown[] = new Array(value.length);
      for (let index = 0; index < value.length; index += 1) {
        path.push(index);
        const item = complete(value[index], shaping);
        path.pop();
        if (item !== failed) items[index] = item;
        else if (nonNull) return failed;
        else items[index] = null;
      }
      return items;
    });
  }

  #composite(
    type: GraphQLCompositeType,
    selectionSets: readonly SelectionSetNode[],
    coordinate: string,
    key: string | undefined,
  ): Complete {
    const byType = new Map<string, readonly ShapedField[] | undefined>();
    const fieldsOf = (typeName: string): readonly ShapedField[] | undefined => {
      const runtimeType = this.#runtimeType(type, typeName);
      const fields = runtimeType && this.#fieldsOf(selectionSets, runtimeType);
      // Only names of the schema are kept: a subgraph may answer any.
      if (this.schema.getType(typeName)) byType.set(typeName, fields);
      return fields;
    };
    return within(key, (value, shaping) => {
      if (!isObject(value)) return incomplete(shaping, `Expected an object for field ${coordinate}.`);
      const { __typename: given } = value;
      const typeName = typeof given === 'string' ? given : type.name;
      const fields = byType.get(typeName) ?? fieldsOf(typeName);
      if (!fields) {
        return incomplete(
          shaping,
          `Field ${coordinate} of type ${type.name} holds an object of another type.`,
        );
      }
      return this.#object(fields, value, shaping);
    });
  }

  /**
   * The type by which an object is shaped: its own; the declared one where it doesn't say or says the interface whose
   * interface object it came from.
   */
  #runtimeType(declared: GraphQLCompositeType, typeName: string): GraphQLCompositeType | undefined {
    const given: GraphQLNamedType | undefined = this.schema.getType(typeName);
    if (given === declared) return declared;
    if (isObjectType(given)) {
      return isAbstractType(declared) && this.schema.isSubType(declared, given) ? given : undefined;
    }
    if (!isInterfaceType(given)) return undefined;
    if (isObjectType(declared)) return this.schema.isSubType(given, declared) ? declared : undefined;
    return isCompositeType(given) ? given : undefined;
  }

  #object(fields: readonly ShapedField[], value: ObjectValue, shaping: Shaping): unknown {
    const shaped: ObjectValue = {};
    for (const { name, inherited, nonNull, complete } of fields) {
      const given = inherited ? readOwn(value, name) : value[name];
      // Null without an error: it is as absent as one that nothing refers to.
      if (given === undefined && nonNull && shaping.missing.has(value)) return null;
      const completed = complete(given, shaping);
      if (completed !== failed) {
        if (inherited) writeOwn(shaped, name, completed);
        else shaped[name] = completed;
      } else if (nonNull) return failed;
      else writeOwn(shaped, name, null);
    }
    return shaped;
  }
}

/** Null stays null; anything else is completed with its key on the path. */
function within(key: string | undefined, complete: Complete): Complete {
  if (key === undefined) return (value, shaping) => (isNull(value) ? null : complete(value, shaping));
  return (value, shaping) => {
    if (isNull(value)) return null;
    shaping.path.push(key);
    const completed = complete(value, shaping);
    shaping.path.pop();
    return completed;
  };
}

const isNull = (value: unknown): boolean => value === null || value === undefined;

function incompleteAt(
  shaping: Shaping,
  key: string | undefined,
  message: string,
  absent = false,
): typeof failed {
  const path = key === undefined ? [...shaping.path] : [...shaping.path, key];
  const error = new GraphQLError(message, { path, extensions: { code: 'INTERNAL' } });
  shaping.found.push({ error, absent });
  return failed;
}

const incomplete = (shaping: Shaping, message: string): typeof failed =>
  incompleteAt(shaping, undefined, message);
