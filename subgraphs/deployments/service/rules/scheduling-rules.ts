import type { InputProblem } from '../../../shared/errors.js';
import { isValidName, quoted } from '../../../shared/kubernetes/names.js';
import type { ServiceSpec } from '../service-spec.js';
import { problem, rangeProblems, repeated } from './problem.js';

/** Labels and taints: https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#syntax-and-character-set */
const namePattern = /^[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;
const isLabelKey = (key: string): boolean => {
  const parts = key.split('/');
  return (
    parts.length <= 2 && namePattern.test(parts.at(-1) ?? '') && (parts.length === 1 || isValidName(parts[0]))
  );
};
const isLabelValue = (value: string): boolean => value === '' || namePattern.test(value);

/** Where pods may run, and with what their images are pulled. */
export function schedulingProblems(
  { nodeSelector, tolerations, imagePullSecret }: ServiceSpec,
  at: readonly string[],
): InputProblem[] {
  const path = (list: string, index: number, field: string): string[] => [...at, list, String(index), field];
  const syntax = (list: string, index: number, name: string, value: string | null): InputProblem[] => [
    ...(isLabelKey(name)
      ? []
      : [
          problem(
            path(list, index, 'name'),
            `${quoted(name)} is not a key of labels and taints: write [prefix/]name, such as kubernetes.io/arch.`,
          ),
        ]),
    ...(value === null || isLabelValue(value)
      ? []
      : [
          problem(
            path(list, index, 'value'),
            `${quoted(value)} is not a value of labels and taints: use at most 63 letters, digits, "-", "_" and ".".`,
          ),
        ]),
  ];
  return [
    ...nodeSelector.flatMap(({ name, value }, index) => syntax('nodeSelector', index, name, value)),
    ...repeated(nodeSelector, ({ name }) => name).map((index) =>
      problem(
        path('nodeSelector', index, 'name'),
        `${quoted(nodeSelector[index]?.name)} is given twice: a node has one value of it.`,
      ),
    ),
    ...tolerations.flatMap(({ name, value, effect, seconds }, index) => [
      ...syntax('tolerations', index, name, value),
      ...rangeProblems(seconds, [0, 86_400 * 365], path('tolerations', index, 'seconds')),
      ...(seconds !== null && effect !== 'NO_EXECUTE'
        ? [problem(path('tolerations', index, 'seconds'), 'seconds are for the effect NO_EXECUTE only.')]
        : []),
    ]),
    ...(imagePullSecret === null || isValidName(imagePullSecret)
      ? []
      : [problem([...at, 'imagePullSecret'], `${quoted(imagePullSecret)} is not the name of a Secret.`)]),
  ];
}
