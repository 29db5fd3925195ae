import type { PlanNode, QueryPlan, SubscriptionNode } from '@apollo/query-planner';
import {
  type DocumentNode,
  type FragmentDefinitionNode,
  Kind,
  type OperationDefinitionNode,
  type OperationTypeNode,
  print,
} from 'graphql';
import type { Caller } from '../../subgraphs/shared/caller.js';
import type { Generation } from '../supergraph/generation.js';
import { budgetOf } from './cost-budgets.js';

/**
 * One operation of a document that passed every check, planned (`planning`) before it runs for the first time. It has no
 * `@skip` and no `@include`.
 */
export class Operation {
  #plan: QueryPlan | undefined;

  constructor(
    readonly generation: Generation,
    readonly document: DocumentNode,
    readonly definition: OperationDefinitionNode,
    /** What its conditions were decided to be (see OperationVariants), and the document that has them still. */
    readonly choice = '',
    readonly undecided = document,
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
    return fragmentsOf(this.document);
  }

  get isPlanned(): boolean {
    return this.#plan !== undefined;
  }

  /**
   * Undefined when the plan is there already, or none is needed; otherwise settles when it is there. Rejects as
   * `Planner.plan` does; whoever asks then asks the planner again.
   *
   * @param caller who waits; null for the gateway itself
   */
  planning(caller: Caller | null): Promise<void> | undefined {
    if (this.#plan || this.introspectionOnly) return undefined;
    const { document, name: operationName } = this;
    return this.generation.planner
      .plan({
        document: document.loc?.source.body ?? print(document),
        operationName,
        caller: caller && budgetOf(caller),
      })
      .then((plan) => {
        this.#plan ??= plan;
      });
  }

  get #built(): QueryPlan {
    if (!this.#plan) throw new Error('the operation is not planned yet');
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

export function fragmentsOf(document: DocumentNode): Record<string, FragmentDefinitionNode> {
  const fragments: Record<string, FragmentDefinitionNode> = Object.create(null);
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments[definition.name.value] = definition;
  }
  return fragments;
}
