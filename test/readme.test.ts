import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { builtInRoles } from '../subgraphs/identity/role/built-in-roles.js';
import { errorCodes } from '../subgraphs/shared/errors.js';
import { projectRoot } from '../subgraphs/shared/project-root.js';

const root = projectRoot();
const readme = readFileSync(join(root, 'README.md'), 'utf8');

/** Of the programs, without their tests. */
function sources(): string[] {
  const folders = ['gateway', 'subgraphs', 'sandbox'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((path) => join(folder, path)),
  );
  const files = folders.filter((path) => path.endsWith('.ts') && !path.endsWith('.test.ts'));
  return ['main.ts', ...files].map((path) => readFileSync(join(root, path), 'utf8'));
}

const namesIn = (text: string, pattern: RegExp): Set<string> =>
  new Set([...text.matchAll(pattern)].map(([, name = '']) => name));

/** The lines of the table whose first column is called so. */
function tableOf(firstColumn: string): string {
  const lines = readme.split('\n');
  const start = lines.findIndex((line) => line.startsWith(`| ${firstColumn} |`));
  const length = lines.slice(start).findIndex((line) => !line.startsWith('|'));
  return lines.slice(start, start + length).join('\n');
}

describe('README.md', () => {
  it('names every setting that the programs read, and no other', () => {
    const read = namesIn(sources().join('\n'), /'(MERIDIAN_\w+|DATABASE_URL)'/g);
    // One for each subgraph, of which the table names the first.
    read.add('MERIDIAN_IDENTITY_URL');
    expect([...namesIn(tableOf('variable'), /`(MERIDIAN_\w+|DATABASE_URL)`/g)].sort()).toEqual(
      [...read].sort(),
    );
  });

  it('names every error code, and every built-in role', () => {
    expect([...namesIn(tableOf('code'), /`([A-Z_]{4,})`/g)].sort()).toEqual([...errorCodes].sort());
    const roles = builtInRoles.map(({ name }) => name);
    expect([...namesIn(tableOf('built-in role'), /^\| `([a-z-]+)`/gm)].sort()).toEqual(roles.sort());
  });

  it('names no file that is not there', () => {
    const paths = namesIn(readme, /`((?:gateway|subgraphs|sandbox|schema|test|\.ci)\/[\w./-]*)`/g);
    expect(paths.size).toBeGreaterThan(10);
    expect([...paths].filter((path) => !existsSync(join(root, path)))).toEqual([]);
  });
});
