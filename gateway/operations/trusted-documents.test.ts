import { mkdir, mkdtemp, rename, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { createLogger } from '../../subgraphs/shared/logger.js';
import { writeWhole } from '../../test/kit/write-whole.js';
import { hashOf } from './persisted-queries.js';
import type { TrustedDocuments } from './trusted-documents.js';
import { TrustedDocumentsFolder } from './trusted-documents-folder.js';

const cleanUps: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

async function write(folder: string, files: Record<string, string>): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(join(folder, name, '..'), { recursive: true });
    await writeWhole(join(folder, name), text);
  }
}

async function follow(files: Record<string, string>) {
  const folder = await mkdtemp(join(tmpdir(), 'meridian-trusted-'));
  cleanUps.push(() => rm(folder, { recursive: true, force: true }));
  await write(folder, files);
  const log: { level: string; msg: string; reason?: string }[] = [];
  const logger = createLogger({
    level: 'info',
    destination: { write: (line) => void log.push(JSON.parse(line)) },
  });
  const opened = await TrustedDocumentsFolder.open({ folder, mode: 'enforce', logger, pollMilliseconds: 20 });
  cleanUps.push(() => opened.dispose());
  return { folder, log, opened, documents: opened.documents };
}

const load = async (files: Record<string, string>): Promise<TrustedDocuments> =>
  (await follow(files)).documents;
const soon = <T>(read: () => T) => expect.poll(read, { interval: 20 });

const one = 'query One { whoAmI }';
const two = 'query Two { whoAmI }';

test('files of documents, in folders too, are found by hash and text, whatever ends the file', async () => {
  const documents = await load({ 'a.graphql': `${one}\n`, 'web/b.gql': two, 'README.md': '# not read' });
  expect(documents.find(hashOf(one))).toBe(one);
  expect(documents.find(hashOf(`${one}\n`))).toBe(`${one}\n`);
  expect([one, `${one}\n`, two, `${two} `].map((text) => documents.has(text))).toEqual([
    true,
    true,
    true,
    false,
  ]);
  expect(documents.find(hashOf(two))).toBe(two);
});

test.each<[string, object]>([
  [
    'Apollo',
    {
      format: 'apollo-persisted-query-manifest',
      version: 1,
      operations: [{ id: 'id-1', name: 'One', type: 'query', body: one }],
    },
  ],
  ['Relay and GraphQL Code Generator', { 'id-1': one }],
])('a manifest of %s: by its identifier, by hash and by text', async (_, manifest) => {
  const documents = await load({ 'manifest.json': JSON.stringify(manifest) });
  expect(documents.find('id-1')).toBe(one);
  expect(documents.find(hashOf(one))).toBe(one);
  expect(documents.has(one)).toBe(true);
  expect(documents.find('constructor')).toBeUndefined();
});

test.each<[string, Record<string, string>, RegExp]>([
  ['a document that is no GraphQL', { 'a.graphql': 'query {' }, /a\.graphql: Syntax Error/],
  ['a manifest that is no JSON', { 'm.json': '{' }, /m\.json: /],
  [
    'a manifest of another kind',
    { 'm.json': '{"version": 1}' },
    /m\.json: is neither a persisted query manifest/,
  ],
  [
    'an identifier of two documents',
    { 'm.json': JSON.stringify({ x: one }), 'n.json': JSON.stringify({ x: two }) },
    /n\.json: the identifier x stands for two/,
  ],
])('%s is refused with the file that is at fault', async (_, files, message) => {
  await expect(load(files)).rejects.toThrow(message);
});

test('a folder that is not there is refused by the name of the setting', async () => {
  const logger = createLogger({ level: 'silent' });
  await expect(TrustedDocumentsFolder.open({ folder: '/nowhere', mode: 'warn', logger })).rejects.toThrow(
    'MERIDIAN_TRUSTED_DOCUMENTS: the folder /nowhere cannot be read',
  );
});

const three = 'query Three { whoAmI }';
const known = (documents: TrustedDocuments) => [one, two, three].map((text) => documents.has(text));

test('files that come, change and go are followed, in folders below too', async () => {
  const { folder, documents, log } = await follow({ 'a.graphql': one });
  expect(known(documents)).toEqual([true, false, false]);
  await write(folder, { 'web/b.graphql': two });
  await soon(() => known(documents)).toEqual([true, true, false]);
  await write(folder, { 'web/b.graphql': three });
  await soon(() => known(documents)).toEqual([true, false, true]);
  await rm(join(folder, 'a.graphql'));
  await soon(() => known(documents)).toEqual([false, false, true]);
  expect(documents.find(hashOf(one))).toBeUndefined();
  expect(log.filter(({ level }) => level === 'error')).toEqual([]);
  expect(log.at(-1)).toMatchObject({ msg: 'trusted documents updated', documents: 1 });
});

test('a link that leads elsewhere, as Kubernetes changes a mounted ConfigMap, is followed', async () => {
  const { folder, documents } = await follow({ '..1/a.graphql': one });
  await write(folder, { '..2/a.graphql': two });
  await symlink('..1', join(folder, '..data'));
  await symlink('..data/a.graphql', join(folder, 'a.graphql'));
  await symlink('..2', join(folder, '..next'));
  await rename(join(folder, '..next'), join(folder, '..data'));
  await rm(join(folder, '..1'), { recursive: true });
  await soon(() => known(documents)).toEqual([false, true, false]);
});

test.each<[string, (folder: string) => Promise<unknown>, RegExp]>([
  [
    'a file that is no GraphQL',
    (folder) => write(folder, { 'b.graphql': 'query {' }),
    /b\.graphql: Syntax Error/,
  ],
  ['a folder without documents', (folder) => rm(join(folder, 'a.graphql')), /holds no documents/],
])('%s is refused, told once, and what was there stays until it is mended', async (_, spoil, reason) => {
  const { folder, documents, log, opened } = await follow({ 'a.graphql': one });
  await spoil(folder);
  await soon(() => log.length).toBe(1);
  expect(log[0]).toMatchObject({
    level: 'error',
    path: folder,
    reason: expect.stringMatching(reason),
    msg: 'the trusted documents were refused; those before them stay',
  });
  expect(known(documents)).toEqual([true, false, false]);
  // On demand it is told again.
  await opened.reload();
  expect(log).toHaveLength(2);
  await write(folder, { 'a.graphql': one, 'b.graphql': two });
  await soon(() => known(documents)).toEqual([true, true, false]);
});

test('a folder that is away for a while takes nothing away', async () => {
  const { folder, documents, log, opened } = await follow({ 'a.graphql': one });
  await rename(folder, `${folder}-away`);
  await opened.reload();
  expect(known(documents)).toEqual([true, false, false]);
  await write(`${folder}-away`, { 'b.graphql': two });
  await rename(`${folder}-away`, folder);
  await soon(() => known(documents)).toEqual([true, true, false]);
  expect(log.filter(({ level }) => level === 'error')).toEqual([]);
});
