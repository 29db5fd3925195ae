import { BadUserInputError } from '../shared/errors.js';
import { requireLabelName } from '../shared/kubernetes/names.js';

/** With a landscape's name behind it, it becomes a namespace of at most 63 characters. */
const longestProjectName = 40;

export function requireProjectName(value: string, field: readonly string[]): string {
  const name = requireLabelName(value, field, 'project');
  if (name.length <= longestProjectName) return name;
  throw BadUserInputError.at(
    field,
    `The name has ${name.length} characters: use at most ${longestProjectName}, because namespaces are called after it.`,
  );
}

/** One line for people. */
export function requireLine(value: string, field: readonly string[], longest: number): string {
  const text = value.trim();
  if (text === '') throw BadUserInputError.at(field, `${field.at(-1)} is empty: give text, or leave it out.`);
  if (text.length > longest || /\p{Cc}/u.test(text)) {
    throw BadUserInputError.at(
      field,
      `${field.at(-1)} has ${text.length} characters or a line break: use one line of at most ${longest}.`,
    );
  }
  return text;
}

/** Text of several lines; null when there is none. */
export function optionalText(
  value: string | null | undefined,
  field: readonly string[],
  longest: number,
): string | null {
  const text = value?.trim() ?? '';
  if (text === '') return null;
  if (text.length <= longest) return text;
  throw BadUserInputError.at(field, `${field.at(-1)} has ${text.length} characters: use at most ${longest}.`);
}
