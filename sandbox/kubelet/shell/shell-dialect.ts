import type { Program } from '../programs/program.js';

export interface ShellDialect {
  readonly name: 'bash' | 'ash' | 'dash';
  /** What an interactive shell says first. */
  readonly banner: string;
  /** ash asks the terminal where its cursor is. */
  readonly asksCursor: boolean;
  readonly signalPrefix: string;
  readonly unset: string;
  readonly badName: string;
  readonly badSignal: string;
  readonly killUsage: string;
  prompt(directory: string, home: string, host: string): string;
  prefix(name: string, isInteractive: boolean): string;
  notFound(command: string): string;
  cannotOpen(path: string, why: string): string;
  cannotCreate(path: string): string;
  cannotEnter(path: string, why: string): string;
  noSuchProcess(pid: string): string;
}

const BUSYBOX_BANNER =
  "\n\nBusyBox v1.35.0 (Debian 1:1.35.0-4+deb12u1+b1) built-in shell (ash)\nEnter 'help' for a list of built-in commands.\n\n";

const place = (directory: string, home: string): string => (directory === home ? '~' : directory);

const bash: ShellDialect = {
  name: 'bash',
  banner: '',
  asksCursor: false,
  signalPrefix: 'SIG',
  unset: 'unbound variable',
  badName: 'not a valid identifier',
  badSignal: 'invalid signal specification',
  killUsage: 'kill: usage: kill [-s sigspec | -n signum | -sigspec] pid | jobspec ... or kill -l [sigspec]',
  prompt: (directory, home, host) => `root@${host}:${place(directory, home)}# `,
  prefix: (name, isInteractive) => (isInteractive ? `${baseName(name)}: ` : `${name}: line 1: `),
  notFound: (command) =>
    command.includes('/') ? `${command}: No such file or directory` : `${command}: command not found`,
  cannotOpen: (path, why) => `${path}: ${why}`,
  cannotCreate: (path) => `${path}: No such file or directory`,
  cannotEnter: (path, why) => `cd: ${path}: ${why}`,
  noSuchProcess: (pid) => `kill: (${pid}) - No such process`,
};

const ash: ShellDialect = {
  name: 'ash',
  banner: '',
  asksCursor: true,
  signalPrefix: '',
  unset: 'parameter not set',
  badName: 'bad variable name',
  badSignal: 'invalid signal name',
  killUsage: 'kill: you need to specify whom to kill',
  prompt: (directory, home) => `${place(directory, home)} # `,
  prefix: (name) => `${baseName(name)}: `,
  notFound: (command) => `${command}: not found`,
  cannotOpen: (path, why) =>
    `can't open ${path}: ${why === 'No such file or directory' ? 'no such file' : why}`,
  cannotCreate: (path) => `can't create ${path}: nonexistent directory`,
  cannotEnter: (path) => `cd: can't cd to ${path}: No such file or directory`,
  noSuchProcess: (pid) => `kill: can't kill pid ${pid}: No such process`,
};

const dash: ShellDialect = {
  ...ash,
  name: 'dash',
  asksCursor: false,
  killUsage: 'kill: Usage: kill [-s sigspec | -signum | -sigspec] [pid | job]...',
  badSignal: 'bad trap',
  prompt: () => '# ',
  prefix: (name) => `${baseName(name)}: 1: `,
  cannotOpen: (path) => `cannot open ${path}: No such file`,
  cannotCreate: (path) => `cannot create ${path}: Directory nonexistent`,
  cannotEnter: (path) => `cd: can't cd to ${path}`,
  noSuchProcess: () => 'kill: No such process',
};

const baseName = (path: string): string => path.split('/').at(-1) ?? path;

/** How the shell of an image speaks: ash, dash or bash. */
export function shellDialect(system: Program['system'], executable: string): ShellDialect {
  if (baseName(executable) === 'bash') return bash;
  if (system === 'debian') return dash;
  return system === 'busybox' ? { ...ash, banner: BUSYBOX_BANNER } : ash;
}
