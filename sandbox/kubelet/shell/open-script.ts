import type { Shell } from './shell.js';
import { systemExecutables } from './system-executables.js';
import type { Utility } from './utility.js';

/** A file that can be executed as a script; `denied` when it may not, undefined when there is none. */
export async function openScript(shell: Shell, name: string): Promise<Utility | 'denied' | undefined> {
  if (!name.includes('/')) return undefined;
  const path = shell.resolve(name);
  const stat = await shell.files.stat(path).catch(() => undefined);
  if (!stat) return undefined;
  if (!stat.isFile || (stat.mode & 0o111) === 0) return 'denied';
  const script = Buffer.from(await shell.files.readFileBuffer(path)).toString('latin1');
  const interpreter = /^#!\s*(\S+)/.exec(script)?.[1]?.split('/').at(-1) ?? 'sh';
  const isKnown = interpreter === 'env' || systemExecutables(shell.container.system).has(interpreter);
  if (!isKnown) return undefined;
  return async (context) => {
    const child = shell.another({ ...context, name: interpreter });
    child.name = context.name;
    return child.runWithin(() => child.runText(script));
  };
}
