import { BadUserInputError } from './errors.js';

/** Rules for text that people type. Each returns what to keep, or throws BadUserInputError naming the field. */

/** Free text for people on one line: not blank, no line break or other control character. */
export function requireLine(value: string, field: readonly string[], longest = 100): string {
  const name = field.at(-1) ?? 'text';
  const text = value.trim();
  if (text === '') throw BadUserInputError.at(field, `${name} is empty: give some text.`);
  if (text.length > longest) {
    throw BadUserInputError.at(field, `${name} has ${text.length} characters: use at most ${longest}.`);
  }
  if (/\p{Cc}/u.test(text)) {
    throw BadUserInputError.at(field, `${name} holds a line break or another control character: remove it.`);
  }
  return text;
}

/** Like requireLine, but nothing is fine: null. */
export function optionalLine(
  value: string | null | undefined,
  field: readonly string[],
  longest = 500,
): string | null {
  return value == null || value.trim() === '' ? null : requireLine(value, field, longest);
}

/** To be shown as a link: nothing but http and https, and no credentials in it. */
export function isWebAddress(text: string): boolean {
  if (text.length > 2_000 || !URL.canParse(text)) return false;
  const { protocol, username, password } = new URL(text);
  return (protocol === 'https:' || protocol === 'http:') && username === '' && password === '';
}

/** Text of several lines; null when there is none. */
export function optionalParagraphs(
  value: string | null | undefined,
  field: readonly string[],
  longest: number,
): string | null {
  const text = value?.trim() ?? '';
  if (text === '') return null;
  if (text.length <= longest) return text;
  throw BadUserInputError.at(field, `${field.at(-1)} has ${text.length} characters: use at most ${longest}.`);
}
