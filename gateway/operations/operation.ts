import { operationFromDocument } from '@apollo/federation-internals';
import type { PlanNode, QueryPlan, SubscriptionNode } from '@apollo/query-planner';
import {
  type DocumentNode,
  type FragmentDefinitionNode,
  Kind,
  type OperationDefinitionNode,
  type OperationTypeNode,
} from 'graphql';
import type { Generation } from '../supergraph/generation.js';

/** One operation of a document that passed every check, planned on first use. */
export class Operation {
  #plan: QueryPlan | undefined;

  constructor(
    readonly generation: Generation,
    readonly document: DocumentNode,
    readonly definition: OperationDefinitionNode,
  ) {}

  get kind(): OperationTypeNode {
    return this.definition.operation;
  }

  get name(): string | undefined {
    return this.definition.name?.value;
  }

  /** Asks for the schema and nothing else: no subgraph takes part. */
  get introspectionOnly(): boolean {
    const names = this.definition.selectionSet.selections.map((selection) =>
      selection.kind === Kind.FIELD ? selection.name.value : '',
    );
    return names.every((name) => name.startsWith('__')) && names.some((name) => name !== '__typename');
  }

  get fragments(): Record<string, FragmentDefinitionNode> {
    const fragments: Record<string, FragmentDefinitionNode> = Object.create(null);
    for (const definition of this.document.definitions) {
      if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments[definition.name.value] = definition;
    }
    return fragments;
  }

  get #built(): QueryPlan {
    this.#plan ??= this.generation.queryPlanner.buildQueryPlan(
      operationFromDocument(
        this.generation.apiSchema,
        this.document,
        this.name === undefined ? {} : { operationName: this.name },
      ),
    );
    return this.#plan;
  }

  /** Of a query or mutation. */
  get plan(): PlanNode | undefined {
    const { node } = this.#built;
    if (node?.kind === 'Subscription') throw new Error('a subscription has a subscription plan');
    return node;
  }

  /** Of a subscription: where its events come from, and what is fetched for each. */
  get subscriptionPlan(): SubscriptionNode {
    const { node } = this.#built;
    if (node?.kind !== 'Subscription') throw new Error('the planner made no subscription plan');
    return node;
  }
}
