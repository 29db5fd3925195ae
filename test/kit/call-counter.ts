import pg from 'pg';
import type { Stack } from './stack.js';

export interface Calls {
  /** SQL statements of all subgraphs, in their order. */
  readonly statements: readonly string[];
  /** Requests to the first sandbox cluster. */
  readonly kubernetes: readonly string[];
}

/** Of work that goes on by itself: looking for what was left undone. */
const background =
  /settled_revision|next_attempt_at|finished_at IS NULL|removed_at IS NULL|applied_at IS NULL/;

type Query = (this: unknown, ...args: unknown[]) => unknown;

/** The SQL statements of this process while a piece of work is done, in their order. */
export async function statementsOf(work: () => Promise<unknown>): Promise<string[]> {
  const statements: string[] = [];
  const prototype = pg.Client.prototype as unknown as { query: Query };
  const original = prototype.query;
  prototype.query = function (this: unknown, ...args: unknown[]): unknown {
    const [first] = args as [string | { text?: string } | undefined];
    const text = typeof first === 'string' ? first : (first?.text ?? '');
    if (!background.test(text)) statements.push(text);
    return original.apply(this, args);
  };
  try {
    await work();
  } finally {
    prototype.query = original;
  }
  return statements;
}

/** What a piece of work asks of PostgreSQL and of the cluster, with what others ask for meanwhile. */
export async function callsOf(stack: Stack, work: () => Promise<unknown>): Promise<Calls> {
  const log = stack.meridian.sandboxes[0]?.requests.list() ?? [];
  const before = log.length;
  const statements = await statementsOf(work);
  return { statements, kubernetes: log.slice(before).map(({ method, path }) => `${method} ${path}`) };
}

/** Of several times: the fewest, which is what the work itself asks for. */
export async function fewestCallsOf(
  stack: Stack,
  work: () => Promise<unknown>,
  times = 5,
): Promise<{ readonly statements: number; readonly kubernetes: number; readonly calls: Calls }> {
  const all: Calls[] = [];
  for (let time = 0; time < times; time++) all.push(await callsOf(stack, work));
  const fewest = all.reduce((best, each) => (each.statements.length < best.statements.length ? each : best));
  return {
    statements: fewest.statements.length,
    kubernetes: Math.min(...all.map(({ kubernetes }) => kubernetes.length)),
    calls: fewest,
  };
}
