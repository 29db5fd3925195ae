import type { WordNode } from 'just-bash';

type Part = WordNode['parts'][number];

const MOST = 10_000;

/** `a{b,c}d` as two words, `{1..3}` as three. */
export function expandBraces(word: WordNode): WordNode[] {
  if (!word.parts.some(({ type }) => type === 'BraceExpansion')) return [word];
  let alternatives: Part[][] = [[]];
  for (const part of word.parts) {
    const choices = part.type === 'BraceExpansion' ? part.items.flatMap(choicesOf) : [[part]];
    alternatives = alternatives
      .flatMap((before) => choices.map((choice) => [...before, ...choice]))
      .slice(0, MOST);
  }
  return alternatives.map((parts) => ({ type: 'Word', parts }));
}

function choicesOf(item: any): Part[][] {
  if (item.type === 'Word') return expandBraces(item.word).map(({ parts }) => parts);
  const { start, end } = item;
  const isText = typeof start === 'string';
  const from = isText ? start.charCodeAt(0) : start;
  const to = isText ? String(end).charCodeAt(0) : Number(end);
  const step = Math.max(1, Math.abs(item.step ?? 1));
  const width = Math.max(
    ...[item.startStr, item.endStr].map((text) => (/^-?0\d/.test(text ?? '') ? text.length : 0)),
  );
  const count = Math.min(MOST, Math.floor(Math.abs(to - from) / step) + 1);
  return Array.from({ length: count }, (_, index) => {
    const value = from + (to < from ? -1 : 1) * step * index;
    const text = isText ? String.fromCharCode(value) : String(value).padStart(width, '0');
    return [{ type: 'Literal', value: text }];
  });
}
