import { BadUserInputError } from '../../shared/errors.js';
import { requireLabelName } from '../../shared/kubernetes/names.js';

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
