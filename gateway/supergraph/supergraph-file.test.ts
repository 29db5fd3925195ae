import { writeFileSync } from 'node:fs';
import { mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { createLogger } from '../../subgraphs/shared/logger.js';
import { writeWhole } from '../../test/kit/write-whole.js';
import { SupergraphFile } from './supergraph-file.js';

const cleanUps: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

const soon = <T>(read: () => T) => expect.poll(read, { interval: 20 });

async function follow(prepare?: (folder: string) => Promise<unknown>) {
  const folder = await mkdtemp(join(tmpdir(), 'meridian-supergraph-'));
  cleanUps.push(() => rm(folder, { recursive: true }));
  const path = join(folder, 'supergraph.graphql');
  await (prepare ? prepare(folder) : writeFile(path, 'one'));
  const log: { level: string; reason?: string; msg: string }[] = [];
  const logger = createLogger({
    level: 'info',
    destination: { write: (line) => void log.push(JSON.parse(line)) },
  });
  const taken: string[] = [];
  const file = new SupergraphFile({
    path,
    text: 'one',
    update: async (text) => {
      if (text.startsWith('broken')) throw new Error(`no supergraph: ${text}`);
      taken.push(text);
    },
    logger,
    pollMilliseconds: 20,
  });
  cleanUps.push(() => file.dispose());
  return { folder, path, log, taken, file };
}

test('a file that is written anew is taken once it is whole', async () => {
  const { path, taken, log } = await follow();
  // In one turn: whoever reads in between reads the whole the next time.
  writeFileSync(path, 'tw');
  writeFileSync(path, 'two');
  await soon(() => taken).toEqual(['two']);
  expect(log).toEqual([]);
});

test('a file that is replaced by renaming another, or that was away, is taken', async () => {
  const { folder, path, taken } = await follow();
  const other = join(folder, 'next');
  await writeFile(other, 'two');
  await rename(other, path);
  await soon(() => taken).toEqual(['two']);
  await rm(path);
  await writeFile(other, 'three');
  await rename(other, path);
  await soon(() => taken).toEqual(['two', 'three']);
});

test('a link that leads elsewhere, as Kubernetes changes a mounted ConfigMap, is followed', async () => {
  const { folder, path, taken } = await follow(async (at) => {
    await writeFile(join(at, 'revision-1'), 'one');
    await writeFile(join(at, 'revision-2'), 'two');
    await symlink('revision-1', join(at, 'data'));
    await symlink('data', join(at, 'supergraph.graphql'));
  });
  expect(path).toBe(join(folder, 'supergraph.graphql'));
  await symlink('revision-2', join(folder, 'data-next'));
  await rename(join(folder, 'data-next'), join(folder, 'data'));
  await soon(() => taken).toEqual(['two']);
});

test('what is refused is told once with the reason, and the next change is looked at', async () => {
  const { path, taken, log } = await follow();
  await writeWhole(path, 'broken');
  await soon(() => log.length).toBe(1);
  expect(log[0]).toMatchObject({ level: 'error', path, reason: 'no supergraph: broken' });
  // The same text again.
  await writeWhole(path, 'broken');
  await writeWhole(path, 'two');
  await soon(() => taken).toEqual(['two']);
  expect(log).toHaveLength(1);
});

test('on demand it is looked at at once, and what was refused is told again', async () => {
  const { path, taken, log, file } = await follow();
  await writeWhole(path, 'broken');
  await soon(() => log.length).toBe(1);
  await file.reload();
  expect(log).toHaveLength(2);
  await writeWhole(path, 'two');
  await file.reload();
  expect(taken.at(-1)).toBe('two');
});

test('a change before the first look is not missed', async () => {
  const { taken } = await follow((folder) => writeFile(join(folder, 'supergraph.graphql'), 'two'));
  await soon(() => taken).toEqual(['two']);
});
