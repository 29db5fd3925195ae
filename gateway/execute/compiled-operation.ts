import type { FetchNode, PlanNode } from '@apollo/query-planner';
import { type FieldNode, GraphQLError } from 'graphql';
import { BoundedCache } from '../../subgraphs/shared/bounded-cache.js';
import type { Operation } from '../operations/operation.js';
import { collectFields, type FieldsToCollect } from './collect-fields.js';
import { CompiledFetch } from './compile-fetch.js';
import { compilePlan } from './compile-plan.js';
import { type Condition, compileCondition, conditionVariables } from './conditions.js';
import { dependsOnContext } from './contextual-arguments.js';
import { introspect } from './introspect.js';
import type { ObjectValue } from './own-property.js';
import type { Step } from './run.js';
import { ResponseShape } from './shape.js';
import { TypeConditions } from './type-conditions.js';

/** Shapes of one operation that are kept; each of its `@skip` and `@include` variables doubles what there can be. */
const maxShapes = 32;

export interface Shape {
  readonly response: ResponseShape;
  /** `__schema` and `__type` at the root. */
  readonly introspection: readonly FieldNode[];
}

/** An operation as it is run: its plan and the shapes of its answers as functions. Made once, on first use. */
export class CompiledOperation {
  readonly #types: TypeConditions;
  readonly #conditions: readonly (readonly [name: string, condition: Condition])[];
  readonly #shapes = new BoundedCache<string, Shape>({ maxEntries: maxShapes, maxWeight: maxShapes });
  #plan: Step | undefined;
  #event: { readonly primary: CompiledFetch; readonly rest: Step | undefined } | undefined;

  constructor(private readonly operation: Operation) {
    const { definition, document, generation } = operation;
    this.#types = new TypeConditions(generation.supergraphSchema);
    this.#conditions = [...conditionVariables(document)].map((name) => [
      name,
      compileCondition(name, definition),
    ]);
  }

  /** Of a query or mutation. */
  get plan(): Step {
    this.#plan ??= this.#compile(this.operation.plan);
    return this.#plan;
  }

  /** Of a subscription: what takes its events, and what is fetched for each. */
  get event(): { readonly primary: CompiledFetch; readonly rest: Step | undefined } {
    if (!this.#event) {
      const { primary, rest } = this.operation.subscriptionPlan;
      this.#event = {
        primary: this.#compileFetch(primary),
        rest: rest && this.#compile(rest),
      };
    }
    return this.#event;
  }

  /** Throws BAD_USER_INPUT when a variable of `@skip` or `@include` is neither true nor false. */
  shape(variables: Readonly<Record<string, unknown>>): Shape {
    let key = '';
    for (const [, condition] of this.#conditions) key += condition(variables) ? '1' : '0';
    let shape = this.#shapes.get(key);
    if (!shape) {
      shape = this.#makeShape(new Map(this.#conditions.map(([name], index) => [name, key[index] === '1'])));
      this.#shapes.set(key, shape, 1);
    }
    return shape;
  }

  introspect(fields: readonly FieldNode[], variables: Readonly<Record<string, unknown>>): ObjectValue {
    const { document, definition, generation } = this.operation;
    return introspect(generation.schema, document, definition, fields, variables);
  }

  #compile(node: PlanNode | undefined): Step {
    const { definition } = this.operation;
    return compilePlan(node, { definition, types: this.#types, ownPlaces: dependsOnContext(node) });
  }

  #compileFetch(node: FetchNode): CompiledFetch {
    return new CompiledFetch(node, [], this.#types);
  }

  #makeShape(conditions: ReadonlyMap<string, boolean>): Shape {
    const { generation, definition, fragments, kind } = this.operation;
    const { schema } = generation;
    const root = schema.getRootType(kind);
    if (!root) throw new GraphQLError(`The schema has no type for a ${kind}.`);
    // What clients see: an object of a type that they don't know of has no place in their answer.
    const context: FieldsToCollect = { fragments, conditions, types: new TypeConditions(schema) };
    const fields = [...collectFields([definition.selectionSet], root, context).values()].flat();
    return {
      response: new ResponseShape(schema, root, definition.selectionSet, context),
      introspection: fields.filter(({ name }) => name.value === '__schema' || name.value === '__type'),
    };
  }
}
