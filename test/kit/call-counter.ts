import { AsyncLocalStorage } from 'node:async_hooks';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import pg from 'pg';
import type { Stack } from './stack.js';

export interface Calls {
  /** SQL statements of all subgraphs, in their order. */
  readonly statements: readonly string[];
  /** Requests to the first sandbox cluster. */
  readonly kubernetes: readonly string[];
}

/** Of work that requests set off and that goes on by itself: looking for what was left undone. */
const background =
  /settled_revision|next_attempt_at|finished_at IS NULL|removed_at IS NULL|applied_at IS NULL/;

/** Of what is remembered for two seconds: a request that is slower than that, on a slow machine, finds it forgotten. */
const remembered = /published_credential|published_role_grant|published_connection/;

const isOther = (text: string): boolean => background.test(text) || remembered.test(text);

/** Within a piece of work, and within what answers the HTTP requests that came during it. */
const working = new AsyncLocalStorage<object>();

type Query = (this: unknown, ...args: unknown[]) => unknown;

/** The SQL statements of a piece of work, requests to Meridian in this process included, in their order. */
export async function statementsOf(work: () => Promise<unknown>): Promise<string[]> {
  const statements: string[] = [];
  const mine = {};
  const onRequest = (): void => working.enterWith(mine);
  subscribe('http.server.request.start', onRequest);
  const prototype = pg.Client.prototype as unknown as { query: Query };
  const original = prototype.query;
  prototype.query = function (this: unknown, ...args: unknown[]): unknown {
    const [first] = args as [string | { text?: string } | undefined];
    const text = typeof first === 'string' ? first : (first?.text ?? '');
    if (working.getStore() === mine && !isOther(text)) statements.push(text);
    return original.apply(this, args);
  };
  try {
    await working.run(mine, work);
  } finally {
    prototype.query = original;
    unsubscribe('http.server.request.start', onRequest);
  }
  return statements;
}

/** What a piece of work asks of PostgreSQL; and of the cluster, with what others ask for meanwhile. */
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
