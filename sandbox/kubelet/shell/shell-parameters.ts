import type { Shell } from './shell.js';

/** Of `$name`; undefined when it is not set. */
export function parameterOf(shell: Shell, name: string): string | undefined {
  switch (name) {
    case '?':
      return String(shell.lastCode);
    case '$':
      return String(shell.shellPid);
    case '!':
      return shell.lastBackground === undefined ? undefined : String(shell.lastBackground);
    case '#':
      return String(shell.positional.length);
    case '0':
      return shell.name;
    case '-':
      return [...shell.options].join('') + (shell.isInteractive ? 'i' : '');
    case '@':
    case '*':
      return shell.positional.join(' ');
    case 'BASHPID':
      return String(shell.task.pid);
    case 'PPID':
      return String(shell.task.parent?.pid ?? 0);
    case 'RANDOM':
      return String(Math.floor(shell.container.random() * 32_768));
    case 'SECONDS':
      return String(Math.floor((shell.container.now() - shell.started) / 1000));
    case 'LINES':
    case 'COLUMNS':
      return shell.terminal
        ? String(name === 'LINES' ? shell.terminal.size.rows : shell.terminal.size.columns)
        : shell.variables.get(name);
    default:
      return /^\d+$/.test(name) ? shell.positional[Number(name) - 1] : shell.variables.get(name);
  }
}
