// biome-ignore-all lint/suspicious/noTemplateCurlyInString: placeholders of our templates
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { builtInCatalogue, Catalogue, CatalogueError } from './catalogue.js';

describe('the catalogue that comes with Meridian', () => {
  const catalogue = Catalogue.load([builtInCatalogue()]);

  it('has the offerings by display name', () => {
    expect(catalogue.list().map(({ definition }) => definition.name)).toEqual([
      'mysql',
      'postgresql',
      'rabbitmq',
      'redis',
    ]);
  });

  it('finds an offering by its exact name only', () => {
    expect(catalogue.find('redis')?.definition.displayName).toBe('Redis');
    expect(catalogue.find('Redis')).toBeUndefined();
    expect(catalogue.find('__proto__')).toBeUndefined();
  });
});

describe('loading a catalogue', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'catalogue-'));
    await cp(join(builtInCatalogue(), 'redis'), join(folder, 'redis'), { recursive: true });
  });
  afterEach(() => rm(folder, { recursive: true }));

  const edit = async (file: string, from: string | RegExp, to: string): Promise<void> => {
    const path = join(folder, 'redis', file);
    const text = await readFile(path, 'utf8');
    const edited = text.replace(from, to);
    expect(edited).not.toBe(text);
    await writeFile(path, edited);
  };
  const problems = (...folders: string[]): readonly string[] => {
    try {
      Catalogue.load(folders.length > 0 ? folders : [folder]);
      return [];
    } catch (error) {
      expect(error).toBeInstanceOf(CatalogueError);
      return (error as CatalogueError).problems;
    }
  };
  const at = (file: string): string => join(folder, 'redis', file);

  it('takes a copy of an offering as it is', () => {
    expect(problems()).toEqual([]);
  });

  it('reports every problem with file and field', async () => {
    await edit('offering.yaml', 'memory: 128Mi', 'memory: lots');
    await edit('offering.yaml', 'port: 6379', 'port: 99999');
    await edit('offering.yaml', 'category: CACHE', 'category: cache');
    const found = problems();
    expect(found).toHaveLength(3);
    expect(found.map((line) => line.split(': ').slice(0, 2).join(': ')).sort()).toEqual(
      ['category', 'plans.0.memory', 'port'].map((field) => `${at('offering.yaml')}: ${field}`),
    );
  });

  it.each([
    ['a misspelt field', 'displayName:', 'displayNmae:', /displayName: Invalid input|Unrecognized key/],
    [
      'versions in the wrong order',
      '  - name: "8.2"\n    image: redis:8.2\n',
      '  - name: "7.2"\n    image: redis:7.2\n',
      /versions\.1\.name: 8\.0 is newer than 7\.2/,
    ],
    ['a plan twice', 'name: medium', 'name: small', /plans\.1: "small" stands twice/],
    [
      'another name than its folder',
      'name: redis',
      'name: reddis',
      /name: reddis must be the name of its folder, redis/,
    ],
    ['a variable without key', 'URL: url', 'URL: uri', /variables\.URL: the Secret has no key uri/],
    [
      'a parameter without default',
      /\n +default: noeviction/,
      '',
      /parameters: properties\.maxmemoryPolicy needs a default/,
    ],
    ['an image with options', 'image: redis:8.2', 'image: "--privileged"', /versions\.0\.image/],
    ['an alias', 'port: 6379', 'port: *x', /can't be read|alias/],
  ])('refuses %s in offering.yaml', async (_, from, to, expected) => {
    await edit('offering.yaml', from, to);
    expect(problems()[0]).toMatch(expected);
    expect(problems()[0]).toContain(at('offering.yaml'));
  });

  it.each([
    [
      'an unknown placeholder',
      'manifests/service.yaml',
      '${instance.port}',
      '${instance.prot}',
      /service\.yaml: spec\.ports\[0\]\.port: \$\{instance\.prot\} is not known/,
    ],
    [
      'credentials outside the Secret',
      'manifests/config-map.yaml',
      'dir /data',
      'requirepass ${credentials.password}',
      /config-map\.yaml: data\.redis\.conf: \$\{credentials\.password\} is not known/,
    ],
    [
      'a kind that is not an instance’s',
      'manifests/service.yaml',
      'kind: Service',
      'kind: ClusterRole',
      /kind: ClusterRole is not one of/,
    ],
    [
      'a namespace',
      'manifests/service.yaml',
      'metadata:',
      'metadata:\n  namespace: kube-system',
      /metadata\.namespace: leave it out/,
    ],
    [
      'a name of its own',
      'manifests/config-map.yaml',
      '${instance.name}-config',
      'config',
      /must begin with \$\{instance\.name\}/,
    ],
    [
      'another selector',
      'manifests/stateful-set.yaml',
      'matchLabels: ${instance.podLabels}',
      'matchLabels: {app: redis}',
      /spec\.selector\.matchLabels/,
    ],
    [
      'claims without labels',
      'manifests/stateful-set.yaml',
      '        name: data\n        labels: ${instance.labels}',
      '        name: data',
      /volumeClaimTemplates/,
    ],
    ['a broken file', 'manifests/service.yaml', 'spec:', 'spec: [', /can't be read at line/],
  ])('refuses %s in a manifest', async (_, file, from, to, expected) => {
    await edit(file, from, to);
    expect(problems()[0]).toMatch(expected);
    expect(problems()[0]).toContain(folder);
  });

  it('refuses the same offering from two folders', () => {
    expect(problems(builtInCatalogue(), folder)).toEqual([
      `${join(folder, 'redis')}: another folder has the offering redis already`,
    ]);
  });

  it('names a folder that is not there', () => {
    expect(problems(join(folder, 'absent'))).toEqual([`${join(folder, 'absent')}: there is no such folder`]);
  });
});
