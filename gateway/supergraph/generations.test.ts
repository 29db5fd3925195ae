import { expect, test, vi } from 'vitest';
import { createLogger } from '../../subgraphs/shared/logger.js';
import type { Generation } from './generation.js';
import { Generations, RefusedSupergraphError } from './generations.js';

const generation = (supergraphSdl: string, subgraphs = ['clusters']) =>
  ({ supergraphSdl, subgraphs, planner: { rest: vi.fn() } }) as unknown as Generation;

function make() {
  const log: string[] = [];
  const logger = createLogger({ level: 'debug', destination: { write: (line) => void log.push(line) } });
  const generations = new Generations(generation('one'), {
    load: async (sdl) => {
      if (sdl === 'broken') throw new Error('Syntax Error: Unexpected Name "broken".');
      return generation(sdl, sdl === 'foreign' ? ['clusters', 'billing'] : ['clusters']);
    },
    sources: new Set(['clusters', 'projects']),
    logger,
  });
  return { generations, log };
}

test('an update is current before anyone is told of it, and who no longer listens is not told', async () => {
  const { generations } = make();
  const told: string[] = [];
  const leave = generations.onChange((next) => {
    expect(generations.current).toBe(next);
    told.push(next.supergraphSdl);
  });
  expect(await generations.update('two')).toBe(true);
  leave();
  expect(await generations.update('three')).toBe(true);
  expect(told).toEqual(['two']);
  expect(generations.current.supergraphSdl).toBe('three');
});

test('the same supergraph again is no update', async () => {
  const { generations } = make();
  const { current } = generations;
  expect(await generations.update('one')).toBe(false);
  expect(generations.current).toBe(current);
});

test.each([
  ['broken', 'it is not a valid supergraph: Syntax Error: Unexpected Name "broken".'],
  ['foreign', 'it names a subgraph that this gateway does not reach: "billing"'],
])('a supergraph that is %s is refused with the reason, and the one before stays', async (sdl, message) => {
  const { generations } = make();
  const { current } = generations;
  generations.onChange(() => expect.fail('nothing has changed'));
  await expect(generations.update(sdl)).rejects.toThrow(new RefusedSupergraphError(message));
  expect(generations.current).toBe(current);
});

test('a refused supergraph does not hold up the next', async () => {
  const { generations } = make();
  const refused = generations.update('broken');
  const taken = generations.update('two');
  await expect(refused).rejects.toThrow(RefusedSupergraphError);
  expect(await taken).toBe(true);
});

test('a superseded generation is in use until the last operation that was prepared with it has ended', async () => {
  const { generations } = make();
  const first = generations.current;
  const ends = [generations.use(first), generations.use(first)];
  expect(generations.draining).toEqual([]);
  await generations.update('two');
  const later = generations.use(generations.current);
  expect(generations.draining).toEqual([first]);
  ends[0]?.();
  ends[0]?.();
  expect(generations.draining).toEqual([first]);
  ends[1]?.();
  expect(generations.draining).toEqual([]);
  later();
  expect(generations.draining).toEqual([]);
});

test('one who fails to follow an update keeps nobody else from it', async () => {
  const { generations, log } = make();
  const told: string[] = [];
  generations.onChange(() => {
    throw new Error('cannot follow');
  });
  generations.onChange(({ supergraphSdl }) => void told.push(supergraphSdl));
  expect(await generations.update('two')).toBe(true);
  expect(told).toEqual(['two']);
  expect(log.filter((line) => line.includes('cannot follow'))).toHaveLength(1);
});
