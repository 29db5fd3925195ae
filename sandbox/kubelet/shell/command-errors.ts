import { ArithmeticError } from './arithmetic.js';
import { ExitShell } from './control.js';
import type { Descriptors } from './descriptors.js';
import { ParameterError } from './parameters.js';
import { RedirectionError } from './redirections.js';
import type { Shell } from './shell.js';
import { ReadonlyError } from './variables.js';

/** Errors before a command runs: told, and the command fails; a wrong parameter ends a script. */
export async function tellErrors(
  shell: Shell,
  io: Descriptors,
  work: () => Promise<number>,
): Promise<number> {
  try {
    return await work();
  } catch (error) {
    if (
      error instanceof RedirectionError ||
      error instanceof ReadonlyError ||
      error instanceof ArithmeticError
    ) {
      await shell.complain(error.message, io);
      shell.lastCode = 1;
      return 1;
    }
    if (error instanceof ParameterError) {
      await shell.complain(error.message, io);
      if (!shell.isInteractive) throw new ExitShell(shell.dialect.name === 'bash' ? 1 : 2);
      shell.lastCode = 1;
      return 1;
    }
    throw error;
  }
}
