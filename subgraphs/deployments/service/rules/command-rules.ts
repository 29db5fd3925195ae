import type { InputProblem } from '../../../shared/errors.js';
import type { ServiceSpec } from '../service-spec.js';
import { problem } from './problem.js';

/** What Linux takes for one argument (MAX_ARG_STRLEN), with the byte that ends it. */
export const maximumArgumentBytes = 128 * 1024 - 1;
/** Of all together: with variables they are in the Deployment and in each of its pods, which etcd takes up to 1.5 MiB of. */
const maximumBytes = 256 * 1024;

/** The program and its arguments. */
export function commandProblems(
  { command, args }: Pick<ServiceSpec, 'command' | 'args'>,
  at: readonly string[],
): InputProblem[] {
  const given = { command: command ?? [], args: args ?? [] };
  const bytes = [...given.command, ...given.args].reduce((sum, part) => sum + Buffer.byteLength(part), 0);
  return [
    ...(['command', 'args'] as const).flatMap((field) =>
      given[field].flatMap((part, index) =>
        Buffer.byteLength(part) <= maximumArgumentBytes
          ? []
          : [
              problem(
                [...at, field, String(index)],
                `${field} ${index} holds ${Buffer.byteLength(part)} bytes, and no program takes an argument of more than ${maximumArgumentBytes}: put it in a file.`,
              ),
            ],
      ),
    ),
    ...(bytes > maximumBytes
      ? [
          problem(
            [...at, 'args'],
            `command and args hold ${bytes} bytes: at most ${maximumBytes} are taken, so put long ones in a file.`,
          ),
        ]
      : []),
  ];
}
