import type { PlanNode, ResponsePath as PlanPath } from '@apollo/query-planner';
import { CompiledFetch } from './compile-fetch.js';
import type { Step } from './run.js';
import type { TypeConditions } from './type-conditions.js';

export interface PlanContext {
  readonly types: TypeConditions;
  /** Of CompiledFetch. */
  readonly ownPlaces: boolean;
}

/** Turns a plan into functions: whatever can be known before the first request is known then. */
export function compilePlan(node: PlanNode | undefined, context: PlanContext, path: PlanPath = []): Step {
  switch (node?.kind) {
    case undefined:
      return async () => undefined;
    case 'Fetch':
      return new CompiledFetch(node, path, context.types, context.ownPlaces).step;
    case 'Flatten':
      return compilePlan(node.node, context, [...path, ...node.path]);
    case 'Sequence':
      return sequence(node.nodes.map((child) => compilePlan(child, context, path)));
    case 'Parallel':
      return parallel(node.nodes.map((child) => compilePlan(child, context, path)));
    case 'Condition':
      throw new Error('conditions are decided before an operation is planned');
    case 'Defer':
      throw new Error('the planner was not told to support @defer');
  }
}

const sequence =
  (steps: readonly Step[]): Step =>
  async (run) => {
    for (const step of steps) await step(run);
  };

const parallel =
  (steps: readonly Step[]): Step =>
  async (run) => {
    await Promise.all(steps.map((step) => step(run)));
  };
