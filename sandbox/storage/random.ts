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

export const randomSuffix = (random: Random, length = 5): string =>
  Array.from({ length }, () => NAME_CHARACTERS[Math.floor(random() * NAME_CHARACTERS.length)]).join('');

/** A version 4 UUID. */
export const randomUid = (random: Random): string => {
  const digits = Array.from({ length: 32 }, () => Math.floor(random() * 16));
  digits[12] = 4;
  digits[16] = 8 + ((digits[16] as number) % 4);
  const hex = digits.map((digit) => digit.toString(16)).join('');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
};
