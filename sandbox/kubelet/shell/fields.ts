import type { DeviceFiles } from './device-files.js';
import { bytesOf, textOf } from './streams.js';

/** A stretch of a word under expansion. */
export interface Piece {
  readonly text: string;
  /** Quoted text is neither split nor a pattern. */
  readonly isQuoted: boolean;
}

export type Field = Piece[];

/** Splits the result of an unquoted expansion at the separators. The first and last field join what stands around. */
export function splitFields(
  text: string,
  separators: string,
): { fields: string[]; opens: boolean; closes: boolean } {
  if (separators === '') return { fields: [text], opens: false, closes: false };
  const isBlank = (character: string | undefined) =>
    character !== undefined && separators.includes(character) && /[ \t\n]/.test(character);
  const fields: string[] = [];
  let field = '';
  let isOpen = false;
  let index = 0;
  while (isBlank(text[index])) index += 1;
  const opens = index > 0;
  let closes = opens && index === text.length;
  for (; index < text.length; index++) {
    const character = text[index] ?? '';
    if (!separators.includes(character)) {
      field += character;
      isOpen = true;
      closes = false;
      continue;
    }
    while (isBlank(text[index + 1])) index += 1;
    const next = text[index + 1];
    if (isBlank(character) && next !== undefined && separators.includes(next)) {
      index += 1;
      while (isBlank(text[index + 1])) index += 1;
    }
    fields.push(field);
    field = '';
    isOpen = false;
    closes = true;
  }
  if (isOpen) fields.push(field);
  return { fields, opens, closes };
}

const isPattern = (field: Field): boolean =>
  field.some(({ text, isQuoted }) => !isQuoted && /[*?[]/.test(text));

export const plain = (field: Field): string => field.map(({ text }) => text).join('');

/** The regular expression, without anchors, that a shell pattern stands for. */
export function patternSource(field: Field, { slashes = true, lazy = false } = {}): string {
  const any = slashes ? '[\\s\\S]' : '[^/]';
  let source = '';
  for (const { text, isQuoted } of field) {
    for (let index = 0; index < text.length; index++) {
      const character = text[index] ?? '';
      if (isQuoted) source += literally(character);
      else if (character === '*') source += `${any}*${lazy ? '?' : ''}`;
      else if (character === '?') source += any;
      else if (character === '\\' && index + 1 < text.length) source += literally(text[++index] ?? '');
      else if (character === '[') {
        const bracket = /^\[([!^]?)(\]?(?:\[:\w+:\]|[^\]])*)\]/.exec(text.slice(index));
        if (bracket) {
          const [all, not = '', set = ''] = bracket;
          source += `[${not ? '^' : ''}${set.replaceAll(/\[:(\w+):\]/g, (_, name) => CLASSES[name] ?? '').replaceAll(/[\\\]]/g, '\\$&')}]`;
          index += all.length - 1;
        } else source += '\\[';
      } else source += literally(character);
    }
  }
  return source;
}

const CLASSES: Record<string, string> = {
  alpha: 'A-Za-z',
  digit: '0-9',
  alnum: 'A-Za-z0-9',
  upper: 'A-Z',
  lower: 'a-z',
  space: ' \t\n\r\f\v',
  blank: ' \t',
  punct: '!-/:-@[-`{-~',
  xdigit: '0-9A-Fa-f',
};

const literally = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\/-]/g, '\\$&');

/** The paths that a field stands for; the field itself when there are none. */
export async function expandPaths(field: Field, directory: string, files: DeviceFiles): Promise<string[]> {
  if (!isPattern(field)) return [plain(field)];
  const segments = splitPath(field);
  const isAbsolute = plain(segments[0] ?? []) === '' && segments.length > 1;
  let found: string[] = [isAbsolute ? '/' : ''];
  for (const [index, segment] of segments.entries()) {
    if (isAbsolute && index === 0) continue;
    const isLast = index === segments.length - 1;
    if (plain(segment) === '') continue;
    const next: string[] = [];
    for (const base of found) next.push(...(await namesIn(base, segment, directory, files)));
    found = isLast ? next : next.map((path) => `${path}/`);
  }
  return found.length > 0 ? found.sort() : [plain(field)];
}

async function namesIn(
  base: string,
  segment: Field,
  directory: string,
  files: DeviceFiles,
): Promise<string[]> {
  const place = files.resolvePath(directory, textOf(base) || '.');
  if (!isPattern(segment)) {
    const path = base + plain(segment);
    return (await files.exists(files.resolvePath(directory, textOf(path)))) ? [path] : [];
  }
  const matches = new RegExp(`^${patternSource(segment)}$`);
  const showsHidden = plain(segment).startsWith('.');
  const names = await files.readdir(place).catch(() => []);
  return names
    .map(bytesOf)
    .filter((name) => (showsHidden || !name.startsWith('.')) && matches.test(name))
    .map((name) => base + name);
}

function splitPath(field: Field): Field[] {
  const segments: Field[] = [[]];
  for (const { text, isQuoted } of field)
    for (const [index, part] of text.split('/').entries()) {
      if (index > 0) segments.push([]);
      if (part) segments.at(-1)?.push({ text: part, isQuoted });
    }
  return segments;
}
