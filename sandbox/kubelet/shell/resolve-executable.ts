import type { ContainerInstance } from '../container-instance.js';
import { systemExecutables } from './system-executables.js';

/** The runtime's error when the command cannot be started in the container; undefined when it can. */
export function resolveExecutable(
  instance: ContainerInstance,
  command: readonly string[],
): string | undefined {
  const [executable] = command;
  const attempt = instance.id.replace('containerd://', '').split('').reverse().join('');
  const failure = (detail: string) =>
    `failed to exec in container: failed to start exec "${attempt}": OCI runtime exec failed: exec failed: ${detail}`;
  if (executable === undefined) return failure('args must not be empty');
  const cannotStart = (why: string) =>
    failure(`unable to start container process: exec: "${executable}": ${why}`);

  const { program } = instance;
  const base = executable.split('/').at(-1) ?? '';
  const isPath = executable.includes('/');
  const isOwn = program.executables.some(
    (own) => own === executable || (!isPath && own.split('/').at(-1) === executable),
  );
  const isSystem =
    systemExecutables(program.system).has(base) && (!isPath || /^\/(usr\/)?s?bin\/[^/]+$/.test(executable));
  if (isOwn || isSystem) return undefined;
  if (!isPath) return cannotStart('executable file not found in $PATH');
  const files = instance.files.initial();
  if (executable in files || Object.keys(files).some((path) => path.startsWith(`${executable}/`)))
    return cannotStart('permission denied');
  return cannotStart(`stat ${executable}: no such file or directory`);
}
