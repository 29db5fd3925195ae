/** The best shell first. */
export const shells = ['bash', 'sh'] as const;

const shellPaths = new Set(shells.flatMap((shell) => [shell, `/bin/${shell}`, `/usr/bin/${shell}`]));

/**
 * May everybody who may open sessions run it? Shells without arguments: what is typed there is seen by a recording,
 * which a command line handed to a shell is not. Else what the installation lists: `df -h` is exactly that, and with
 * ` *` at its end an entry allows any further arguments.
 */
export function isAllowedCommand(command: readonly string[] | null, allowed: readonly string[]): boolean {
  if (command === null) return true;
  const [program, ...rest] = command;
  if (program !== undefined && shellPaths.has(program) && rest.length === 0) return true;
  return allowed.some((entry) => {
    const words = entry.split(/\s+/).filter(Boolean);
    const open = words.at(-1) === '*';
    const fixed = open ? words.slice(0, -1) : words;
    return (
      fixed.length > 0 &&
      (open ? command.length >= fixed.length : command.length === fixed.length) &&
      fixed.every((word, index) => word === command[index])
    );
  });
}
