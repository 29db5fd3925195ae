import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { Supergraph } from '@apollo/federation-internals';
import { introspectionFromSchema } from 'graphql';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { createLogger } from '../../subgraphs/shared/logger.js';
import { projectRoot } from '../../subgraphs/shared/project-root.js';
import { Stopwatch } from '../../test/kit/stopwatch.js';
import { type Generation, loadGeneration } from './generation.js';
import { PlannedSupergraph } from './planned-supergraph.js';
import { PlannerThread, PlannerThreadEndedError } from './planner-thread.js';

const logger = createLogger({ level: 'silent' });
const silent = { validate: false, log: () => undefined };

let supergraphSdl: string;
let generation: Generation;
beforeAll(async () => {
  supergraphSdl = await readFile(join(projectRoot(), 'schema', 'supergraph.graphql'), 'utf8');
  generation = await loadGeneration(supergraphSdl, logger);
});
afterAll(() => generation.planner.rest());

const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0)) await cleanUp();
});

const plan = (document: string) =>
  generation.planner.plan({ document, operationName: undefined, caller: null });

async function startThread(): Promise<PlannerThread> {
  const thread = new PlannerThread();
  cleanUps.push(() => thread.terminate());
  await thread.load(supergraphSdl, { validate: false, logger });
  return thread;
}

const small = 'query Small { project(name: "shop") { name environments { cluster { name } } } }';
/** Larger than anybody may ask: it takes the planner a second or more, and less for each field less. */
const costly = (times: number): string =>
  `query Costly { ${Array.from({ length: times }, (_, n) => `a${n}: node(id: "x") { ...F }`).join(' ')} }
  fragment F on Node {
    ... on Project { environments { cluster { name environments { nodes { project { name } } } } } }
    ... on Service { environment { cluster { name } project { name } } currentDeployment { actor { id } } }
    ... on Deployment { service { environment { cluster { name } project { name } } } }
  }`;

/** How long this thread was at something else, at most, while the promise was open; and how long it was open, in seconds. */
async function watched(
  promise: Promise<unknown>,
): Promise<{ turns: number; longest: number; whole: number }> {
  let [open, turns, longest] = [true, 0, 0];
  const watch = new Stopwatch();
  void promise.then(() => {
    open = false;
  });
  for (let before = 0; open; turns += 1) {
    await turn();
    const now = watch.seconds;
    longest = Math.max(longest, now - before);
    before = now;
  }
  return { turns, longest, whole: watch.seconds };
}

test('a plan is the same, as plain data, as the planner makes in this thread', async () => {
  const here = await PlannedSupergraph.load(supergraphSdl, silent);
  for (const document of [small, costly(3)]) {
    expect(await plan(document)).toEqual(JSON.parse(JSON.stringify(here.plan(document, undefined))));
  }
});

test('the schema that clients see is the one that federation makes of the supergraph', async () => {
  const { schema, subgraphs } = generation;
  const expected = Supergraph.build(supergraphSdl).apiSchema().toGraphQLJSSchema();
  expect(introspectionFromSchema(schema)).toEqual(introspectionFromSchema(expected));
  expect(subgraphs).toEqual(['clusters', 'deployments', 'identity', 'marketplace', 'projects']);
});

test('while an operation is planned everything else goes on', async () => {
  await plan(small);
  const { turns, longest, whole } = await watched(plan(costly(100)));
  // In this thread it would be one turn, as long as the whole.
  expect(turns).toBeGreaterThan(100);
  expect(longest).toBeLessThan(whole / 2);
});

test('while a supergraph is loaded everything else goes on', async () => {
  const loading = loadGeneration(supergraphSdl, logger);
  const { turns, longest, whole } = await watched(loading);
  (await loading).planner.rest();
  expect(turns).toBeGreaterThan(100);
  expect(longest).toBeLessThan(whole / 2);
});

test('a thread that is ended in the middle of a plan says so to who waits and to who comes later', async () => {
  const thread = await startThread();
  const waiting = thread.plan(costly(3_000), undefined);
  const refused = expect(waiting).rejects.toThrow(PlannerThreadEndedError);
  await thread.terminate();
  await refused;
  expect(thread.ended).toBe(true);
  await expect(thread.plan(small, undefined)).rejects.toThrow(PlannerThreadEndedError);
});

test('a supergraph that is broken is refused with what is wrong, and its thread takes the next', async () => {
  const thread = new PlannerThread();
  cleanUps.push(() => thread.terminate());
  const loading = thread.load('schema {', { validate: true, logger });
  await expect(loading).rejects.toThrow('Syntax Error: Expected Name, found <EOF>.');
  await expect(thread.plan(small, undefined)).rejects.toThrow('no supergraph is loaded');
  const { subgraphs } = await thread.load(supergraphSdl, { validate: true, logger });
  expect(subgraphs).toContain('clusters');
});

test('an operation that is over the limits of the planner itself is refused as too large', async () => {
  const here = await PlannedSupergraph.load(supergraphSdl, silent);
  const nested = Array.from(
    { length: 25 },
    (_, n) => `fragment F${n} on Node { ...F${n + 1} ... on Project { ...F${n + 1} } }`,
  );
  const document = `{ node(id: "x") { ...F0 } } ${nested.join(' ')} fragment F25 on Node { id }`;
  expect(() => here.plan(document, undefined)).toThrow(expect.objectContaining({ code: 'TOO_LARGE' }));
});

test('a field that moves to another subgraph progressively is refused by its name and label', async () => {
  const moving = supergraphSdl.replace(
    'namespace: String! @join__field(graph: PROJECTS)',
    'namespace: String! @join__field(graph: PROJECTS, override: "clusters", overrideLabel: "percent(5)")',
  );
  expect(moving).not.toBe(supergraphSdl);
  await expect(loadGeneration(moving, logger)).rejects.toThrow(
    'it overrides fields progressively, which this gateway does not do: Environment.namespace (label "percent(5)").',
  );
});
