import { BadUserInputError } from '../../shared/errors.js';
import { isValidName, quoted } from '../../shared/kubernetes/names.js';
import type { LabelCondition } from './cluster-conditions.js';

/** Checks of the fields that an operator fills in. Each returns the value to keep, or throws naming the field. */

/** A domain such as `apps.example.com`, below which host names are made. */
export function checkedDomain(value: string, field: readonly string[]): string {
  // Service and environment names come before it in a host name of at most 253 characters.
  if (isValidName(value) && value.length <= 120) return value;
  throw BadUserInputError.at(
    field,
    `${quoted(value)} is not a domain: write lower-case names with dots between them, such as apps.example.com.`,
  );
}

const labelName = /^[a-zA-Z0-9]([-_./a-zA-Z0-9]{0,61}[a-zA-Z0-9])?$/;
const notALabelName = (name: string): string =>
  `${quoted(name)} is not a name of a label: use at most 63 letters, digits and "-", "_", "." and "/", with a letter or digit at both ends.`;

export function checkedLabels(value: unknown, field: readonly string[]): Record<string, string> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw BadUserInputError.at(field, 'labels must be an object of text by name, such as {"tier": "gold"}.');
  }
  const labels = Object.entries(value as Record<string, unknown>);
  if (labels.length > 64)
    throw BadUserInputError.at(field, `There are ${labels.length} labels: give at most 64.`);
  const problems = labels.flatMap(([name, text]) => {
    if (!labelName.test(name)) {
      return [{ field: [...field, name.slice(0, 80)], message: notALabelName(name) }];
    }
    if (typeof text !== 'string' || text.length > 200) {
      return [
        { field: [...field, name], message: `Label ${quoted(name)} must be text of at most 200 characters.` },
      ];
    }
    return [];
  });
  if (problems.length > 0) throw new BadUserInputError(problems);
  return Object.fromEntries(labels) as Record<string, string>;
}

/** Each is another condition of the query. */
const mostLabelsInFilter = 16;
const mostValuesInFilter = 100;

/** A filter by labels: text for that value, a list for any of them, null for whatever value. */
export function checkedLabelFilter(value: unknown, field: readonly string[]): LabelCondition[] {
  const refuse = (at: readonly string[], message: string): never => {
    throw BadUserInputError.at(at, message);
  };
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return refuse(field, 'labels must be an object by name, such as {"tier": "gold", "zone": ["a", "b"]}.');
  }
  const entries = Object.entries(value as Record<string, unknown>);
  if (entries.length > mostLabelsInFilter) {
    return refuse(field, `There are ${entries.length} labels: filter by at most ${mostLabelsInFilter}.`);
  }
  return entries.map(([name, given]) => {
    const at = [...field, name.slice(0, 80)];
    if (!labelName.test(name)) return refuse(at, notALabelName(name));
    if (given === null) return { name, values: null };
    const values: unknown[] = Array.isArray(given) ? given : [given];
    const isText = (text: unknown): text is string => typeof text === 'string' && text.length <= 200;
    if (!values.every(isText) || values.length > mostValuesInFilter) {
      return refuse(
        at,
        `Label ${quoted(name)} must be text of at most 200 characters, a list of at most ${mostValuesInFilter}, or null.`,
      );
    }
    return { name, values };
  });
}
