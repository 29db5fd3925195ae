import { unescaped } from './printf.js';
import type { Utility } from './utility.js';

const CLASSES: Record<string, string> = {
  lower: 'a-z',
  upper: 'A-Z',
  digit: '0-9',
  alpha: 'A-Za-z',
  alnum: 'A-Za-z0-9',
  space: ' \t\n\r\f\v',
  blank: ' \t',
  punct: '!-/:-@[-`{-~',
};

/** The bytes of a set such as `a-z`, `[:digit:]` or `\0`. */
function setOf(text: string): string[] {
  const plain = unescaped(text).text.replaceAll(/\[:(\w+):\]/g, (_, name) => CLASSES[name] ?? '');
  const characters: string[] = [];
  for (let index = 0; index < plain.length; index++) {
    const from = plain[index] ?? '';
    const to = plain[index + 1] === '-' ? plain[index + 2] : undefined;
    if (to === undefined) {
      characters.push(from);
      continue;
    }
    for (let code = from.charCodeAt(0); code <= to.charCodeAt(0); code++)
      characters.push(String.fromCharCode(code));
    index += 2;
  }
  return characters;
}

/** `tr`, byte by byte. */
export const translate: Utility = async ({ args, io, task }) => {
  const flags = args.filter((arg) => /^-[cCdst]+$/.test(arg)).join('');
  const [first, second] = args.filter((arg) => !/^-[cCdst]+$/.test(arg));
  if (first === undefined) throw new Error('missing operand');
  const named = setOf(first);
  const from = /[cC]/.test(flags) ? complement(named) : named;
  const to = second === undefined ? [] : setOf(second);
  const last = to.at(-1) ?? '';
  const targets = new Map(from.map((character, index) => [character, to[index] ?? last]));
  const members = new Set(from);
  const squeezed = new Set(
    flags.includes('s')
      ? to.length > 0 && !flags.includes('d')
        ? to
        : second === undefined
          ? from
          : to
      : [],
  );
  let before = '';
  for (let piece = await io.input.read(task.signal); piece !== ''; piece = await io.input.read(task.signal)) {
    let shown = '';
    for (const character of piece) {
      if (flags.includes('d') && members.has(character)) continue;
      const mapped =
        !flags.includes('d') && to.length > 0 ? (targets.get(character) ?? character) : character;
      if (mapped === before && squeezed.has(mapped)) continue;
      shown += mapped;
      before = mapped;
    }
    await io.print(shown);
    await task.check();
  }
  return 0;
};

function complement(set: readonly string[]): string[] {
  const excluded = new Set(set);
  return Array.from({ length: 256 }, (_, code) => String.fromCharCode(code)).filter(
    (character) => !excluded.has(character),
  );
}
