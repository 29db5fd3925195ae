import type { InputProblem } from '../../../shared/errors.js';
import { isValidName, quoted } from '../../../shared/kubernetes/names.js';
import type { ServiceSpec } from '../service-spec.js';
import type { SecretValue } from '../spec-merge.js';
import { maximumArgumentBytes } from './command-rules.js';
import { problem, repeated } from './problem.js';

const maximumVariableBytes = 512 * 1024;
const maximumSecretBytes = 256 * 1024;
// As Kubernetes: none that a shell could take for a folder.
const variablePattern = /^(?!\.$|\.\.)[-._a-zA-Z][-._a-zA-Z0-9]*$/;
/** Keys of Secrets and ConfigMaps. */
const secretKeyPattern = /^[-._a-zA-Z0-9]{1,253}$/;

/** As programs get it: NAME=value. */
const bytesOf = ({ name, value }: { readonly name: string; readonly value: string | null }): number =>
  Buffer.byteLength(name) + 1 + Buffer.byteLength(value ?? '');

/** Environment variables. */
export function variableProblems(
  { environmentVariables }: ServiceSpec,
  at: readonly string[],
): InputProblem[] {
  const path = (index: number, field: string): string[] => [
    ...at,
    'environmentVariables',
    String(index),
    field,
  ];
  const bytes = environmentVariables.reduce((sum, variable) => sum + bytesOf(variable), 0);
  return [
    ...environmentVariables.flatMap(({ name, value, ...reference }, index) => [
      ...(name.length <= 200 && variablePattern.test(name)
        ? []
        : [
            problem(
              path(index, 'name'),
              `${quoted(name)} is not the name of an environment variable: use letters, digits, "_", "-" and ".", no digit first.`,
            ),
          ]),
      ...(bytesOf({ name, value }) > maximumArgumentBytes
        ? [
            problem(
              path(index, 'value'),
              `${quoted(name)} and its value hold ${bytesOf({ name, value })} bytes, and no program takes a variable of more than ${maximumArgumentBytes}: put the value in a file.`,
            ),
          ]
        : []),
      ...(value !== null && reference.secretRef !== null
        ? [problem(path(index, 'value'), `${quoted(name)} has a value and a Secret: give one of the two.`)]
        : []),
      ...(value === null ? secretProblems(name, reference, 'value', (field) => path(index, field)) : []),
    ]),
    ...(bytes > maximumVariableBytes
      ? [
          problem(
            [...at, 'environmentVariables'],
            `environmentVariables hold ${bytes} bytes: at most ${maximumVariableBytes} are taken, so put long values in files.`,
          ),
        ]
      : []),
    ...repeated(environmentVariables, ({ name }) => name).map((index) =>
      problem(
        path(index, 'name'),
        `The variable ${quoted(environmentVariables[index]?.name)} is given twice: give it once.`,
      ),
    ),
  ];
}

/** Of a variable or file without a value of its own: what is wrong with the place in a Secret that it comes from. */
export function secretProblems(
  name: string,
  { secretRef, secretKey }: { readonly secretRef: string | null; readonly secretKey: string | null },
  valueField: string,
  path: (field: string) => readonly string[],
): InputProblem[] {
  if (secretRef === null || secretKey === null) {
    return [
      problem(path(valueField), `${quoted(name)} has no ${valueField}: give one (an empty one is "").`),
    ];
  }
  return [
    ...(isValidName(secretRef)
      ? []
      : [problem(path('secretRef'), `${quoted(secretRef)} is not the name of a Secret.`)]),
    ...(secretKeyPattern.test(secretKey)
      ? []
      : [
          problem(
            path('secretKey'),
            `${quoted(secretKey)} is not a key of a Secret: use at most 253 letters, digits, "-", "_" and ".".`,
          ),
        ]),
  ];
}

/** Values that go into the service's Secret, which holds at most 1 MiB with those of earlier deployments. */
export function secretSizeProblems(values: readonly SecretValue[], at: readonly string[]): InputProblem[] {
  const bytes = values.reduce((sum, { value }) => sum + Buffer.byteLength(value), 0);
  return bytes <= maximumSecretBytes
    ? []
    : [
        problem(
          at,
          `The secret values hold ${bytes} bytes: at most ${maximumSecretBytes} are taken in one change.`,
        ),
      ];
}
