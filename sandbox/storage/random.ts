/** A source of numbers in [0, 1), such as Math.random or one with a seed. */
export type Random = () => number;

/** Mulberry32: small, fast, the same numbers for the same seed. */
export const seededRandom = (seed: number): Random => {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
};

/** The characters of generated names: no vowels, so no words, and nothing that looks like another. */
const NAME_CHARACTERS = 'bcdfghjklmnpqrstvwxz2456789';

const HEX = '0123456789abcdef';

export const randomSuffix = (random: Random, length = 5): string =>
  Array.from({ length }, () => NAME_CHARACTERS[Math.floor(random() * NAME_CHARACTERS.length)]).join('');

/** A version 4 UUID. */
export const randomUid = (random: Random): string => {
  const characters: string[] = [];
  for (let index = 0; index < 32; index += 1) {
    if (index === 8 || index === 12 || index === 16 || index === 20) characters.push('-');
    const digit = Math.floor(random() * 16);
    const fixed = index === 12 ? 4 : index === 16 ? 8 + (digit % 4) : digit;
    characters.push(HEX[fixed] as string);
  }
  return characters.join('');
};
