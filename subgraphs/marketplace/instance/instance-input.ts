import { BadUserInputError, type InputProblem } from '../../shared/errors.js';
import { quoted } from '../../shared/kubernetes/names.js';
import { compareQuantities, parseQuantity } from '../../shared/kubernetes/quantity.js';
import { findPlan, findVersion, type Offering } from '../offering/offering.js';
import type { PlanDefinition } from '../offering/offering-definition.js';
import type { ParameterValues } from '../offering/parameter-validation.js';

/** Reading of what createInstance and updateInstance have in common. Each throws BadUserInputError naming the field. */
export function chosenPlan(offering: Offering, name: string): PlanDefinition {
  const plan = findPlan(offering, name);
  if (plan) return plan;
  throw notOneOf(['input', 'plan'], 'plan', name, offering, offering.definition.plans);
}

export function chosenVersion(offering: Offering, name: string): string {
  const version = findVersion(offering, name);
  if (version) return version.name;
  throw notOneOf(['input', 'version'], 'version', name, offering, offering.definition.versions);
}

/** With the schema's defaults for what is left out. */
export function checkedParameters(offering: Offering, parameters: unknown): ParameterValues {
  const { values, problems } = offering.parameters.check(parameters);
  if (problems.length > 0) throw new BadUserInputError(problems.map(inParameters));
  return values;
}

const inParameters = ({ field, message }: InputProblem): InputProblem => ({
  field: ['input', 'parameters', ...field],
  message,
});

/** At least `least`, and not absurd. */
export function checkedStorage(size: string, least: string, because: string): string {
  const field = ['input', 'storage'];
  const wanted = parseQuantity(size, field);
  if (compareQuantities(wanted, parseQuantity(least, field)) < 0) {
    throw BadUserInputError.at(field, `${size} is less than ${least}, ${because}: give at least ${least}.`);
  }
  if (compareQuantities(wanted, parseQuantity(largestVolume, field)) > 0) {
    throw BadUserInputError.at(
      field,
      `${size} is more than ${largestVolume}, the most that a volume may have.`,
    );
  }
  return size;
}

const largestVolume = '64Ti';

function notOneOf(
  field: string[],
  what: string,
  value: string,
  { definition }: Offering,
  choices: readonly { name: string }[],
): BadUserInputError {
  const names = choices.map(({ name }) => name).join(', ');
  return BadUserInputError.at(
    field,
    `${quoted(value)} is no ${what} of ${definition.displayName}: choose one of ${names}.`,
  );
}
