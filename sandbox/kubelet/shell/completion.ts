import { builtins } from './builtins.js';
import type { Completion } from './line-editor.js';
import type { Shell } from './shell.js';

/** Commands at the start of a command, variables after `$`, else paths. */
export async function completeWord(shell: Shell, line: string, cursor: number): Promise<Completion> {
  const before = line.slice(0, cursor);
  const word = /(?:[^\s;|&<>()'"`=]|\\ )*$/.exec(before)?.[0] ?? '';
  const start = cursor - word.length;
  const isCommand =
    /(^|[;|&(]|\b(do|then|else|sudo|exec|time))\s*$/.test(before.slice(0, start)) && !word.includes('/');
  if (word.startsWith('$')) {
    const names = shell.variables.names().map((name) => `$${name}`);
    return { start, choices: matching(names, word) };
  }
  if (isCommand) {
    const names = [
      ...Object.keys(builtins),
      ...shell.functions.keys(),
      ...shell.aliases.keys(),
      ...shell.programs.names(shell),
    ];
    return { start, choices: matching(names, word) };
  }
  return { start, choices: await paths(shell, word) };
}

const matching = (names: readonly string[], word: string): string[] =>
  [...new Set(names)].filter((name) => name.startsWith(word) && /^\$?\w/.test(name)).sort();

async function paths(shell: Shell, word: string): Promise<string[]> {
  const slash = word.lastIndexOf('/') + 1;
  const directory = word.slice(0, slash);
  const home = shell.variables.get('HOME') ?? '/root';
  const place = shell.resolve(directory.replace(/^~(?=\/)/, home) || '.');
  const names = await shell.files.readdir(place).catch(() => []);
  const wanted = word.slice(slash);
  const found = names
    .filter((name) => name.startsWith(wanted) && (wanted.startsWith('.') || !name.startsWith('.')))
    .sort();
  return Promise.all(
    found.map(async (name) => {
      const stat = await shell.files.stat(`${place === '/' ? '' : place}/${name}`).catch(() => undefined);
      return `${directory}${name.replaceAll(' ', '\\ ')}${stat?.isDirectory ? '/' : ''}`;
    }),
  );
}
