import type { Program } from './programs/program.js';
import { systemExecutables } from './shell/system-executables.js';

/** How a container's own command is simulated. */
export type CommandKind =
  /** The image's program, perhaps with other arguments. */
  | 'program'
  /** A script or tool that is really interpreted, in memory. */
  | 'interpreted'
  /** There is no such executable in the image. */
  | 'missing';

const INTERPRETED = new Set([
  'sh',
  'bash',
  'ash',
  'sleep',
  'echo',
  'cat',
  'true',
  'false',
  'printf',
  'date',
  'tail',
]);

/** An image with nothing but a system runs its shell when it is given no command. */
export function commandOf(container: any, program?: Program): string[] {
  const given = [...(container.command ?? []), ...(container.args ?? [])];
  if (given.length > 0 || program?.exitsWith === undefined) return given;
  return [program.system === 'debian' ? 'bash' : 'sh'];
}

export function kindOfCommand(container: any, program: Program): CommandKind {
  const [executable] = container.command ?? (program.exitsWith === undefined ? [] : (container.args ?? []));
  // A shell with an open input waits for it.
  if (executable === undefined)
    return program.exitsWith !== undefined && container.stdin ? 'interpreted' : 'program';
  const base = executable.split('/').at(-1) ?? executable;
  const isSystem =
    systemExecutables(program.system).has(base) && /^(\/(usr\/)?s?bin\/)?[^/]+$/.test(executable);
  if (isSystem) return INTERPRETED.has(base) ? 'interpreted' : 'program';
  const isOwn = program.executables.some((own) => own === executable || own.split('/').at(-1) === base);
  if (isOwn) return 'program';
  // Of an application nothing is known: what it is told to run is there, unless the path says otherwise.
  const isKnownImage = program.name !== 'app';
  return isKnownImage || /no\/such|nosuch/.test(executable) ? 'missing' : 'program';
}

export const startError = (executable: string): string => {
  const problem = executable.includes('/')
    ? `stat ${executable}: no such file or directory`
    : 'executable file not found in $PATH';
  return `failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: exec: "${executable}": ${problem}`;
};

/** Whether the process ends on SIGTERM: a shell or tool that is PID 1 ignores it unless it says otherwise. */
export const heedsTermination = (container: any, kind: CommandKind): boolean =>
  kind !== 'interpreted' || /\btrap\b/.test(commandOf(container).join(' '));

/** Commands that fill the memory until they are killed. */
export const exhaustsMemory = (container: any): boolean =>
  container.resources?.limits?.memory !== undefined &&
  /tail \/dev\/zero/.test(commandOf(container).join(' '));
