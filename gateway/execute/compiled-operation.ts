import type { FetchNode, PlanNode } from '@apollo/query-planner';
import { type FieldNode, GraphQLError } from 'graphql';
import type { Operation } from '../operations/operation.js';
import { collectFields, type FieldsToCollect } from './collect-fields.js';
import { CompiledFetch } from './compile-fetch.js';
import { compilePlan } from './compile-plan.js';
import { dependsOnContext } from './contextual-arguments.js';
import { introspect } from './introspect.js';
import type { ObjectValue } from './own-property.js';
import type { Step } from './run.js';
import { ResponseShape } from './shape.js';
import { TypeConditions } from './type-conditions.js';

export interface Shape {
  readonly response: ResponseShape;
  /** `__schema` and `__type` at the root. */
  readonly introspection: readonly FieldNode[];
}

/** An operation as it is run: its plan and the shape of its answers as functions. Made once, on first use. */
export class CompiledOperation {
  readonly #types: TypeConditions;
  readonly shape: Shape;
  #plan: Step | undefined;
  #event: { readonly primary: CompiledFetch; readonly rest: Step | undefined } | undefined;

  constructor(private readonly operation: Operation) {
    this.#types = new TypeConditions(operation.generation.supergraphSchema);
    this.shape = shapeOf(operation);
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

  introspect(fields: readonly FieldNode[], variables: Readonly<Record<string, unknown>>): ObjectValue {
    const { document, definition, generation } = this.operation;
    return introspect(generation.schema, document, definition, fields, variables);
  }

  #compile(node: PlanNode | undefined): Step {
    return compilePlan(node, { types: this.#types, ownPlaces: dependsOnContext(node) });
  }

  #compileFetch(node: FetchNode): CompiledFetch {
    return new CompiledFetch(node, [], this.#types);
  }
}

function shapeOf({ generation: { schema }, definition, fragments, kind }: Operation): Shape {
  const root = schema.getRootType(kind);
  if (!root) throw new GraphQLError(`The schema has no type for a ${kind}.`);
  // What clients see: an object of a type that they don't know of has no place in their answer.
  const context: FieldsToCollect = { fragments, types: new TypeConditions(schema) };
  const fields = [...collectFields([definition.selectionSet], root, context).values()].flat();
  return {
    response: new ResponseShape(schema, root, definition.selectionSet, context),
    introspection: fields.filter(({ name }) => name.value === '__schema' || name.value === '__type'),
  };
}
