/** A requirement of a label selector, in the words of `matchExpressions`. */
export interface LabelRequirement {
  readonly key: string;
  readonly operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist' | 'GreaterThan' | 'LessThan';
  readonly values: readonly string[];
}

type Labels = Readonly<Record<string, string>> | undefined;

export const matchesRequirements = (labels: Labels, requirements: readonly LabelRequirement[]): boolean =>
  requirements.every((requirement) => matches(labels, requirement));

const matches = (labels: Labels, { key, operator, values }: LabelRequirement): boolean => {
  const value = labels && Object.hasOwn(labels, key) ? labels[key] : undefined;
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    case 'GreaterThan':
    case 'LessThan': {
      if (value === undefined || !/^[+-]?\d+$/.test(value)) return false;
      const difference = BigInt(value) - BigInt(values[0] ?? '0');
      return operator === 'GreaterThan' ? difference > 0n : difference < 0n;
    }
  }
};

/** A `LabelSelector` of a specification: `matchLabels` and `matchExpressions`. An absent one matches nothing. */
export const matchesLabelSelector = (
  labels: Labels,
  selector:
    | { matchLabels?: Record<string, string>; matchExpressions?: LabelRequirement[] }
    | null
    | undefined,
): boolean => {
  if (!selector) return false;
  for (const key in selector.matchLabels)
    if (!labels || !Object.hasOwn(labels, key) || labels[key] !== selector.matchLabels[key]) return false;
  return (selector.matchExpressions ?? []).every((expression) =>
    matches(labels, expression.values ? expression : { ...expression, values: [] }),
  );
};
