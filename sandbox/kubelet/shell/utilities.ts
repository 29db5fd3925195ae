import { batch, streamedBatch } from './batch-utilities.js';
import { clients } from './clients.js';
import { fileUtilities } from './file-utilities.js';
import { informationUtilities } from './information-utilities.js';
import { networkUtilities } from './network-utilities.js';
import { pagers } from './pagers.js';
import { processUtilities } from './process-utilities.js';
import { runners } from './runners.js';
import type { Shell } from './shell.js';
import { streamUtilities } from './stream-utilities.js';
import { systemExecutables } from './system-executables.js';
import { translate } from './translate.js';
import type { Programs, Utility } from './utility.js';

const own: Readonly<Record<string, Utility>> = {
  ...streamUtilities,
  ...fileUtilities,
  ...informationUtilities,
  ...processUtilities,
  ...networkUtilities,
  ...pagers,
  ...runners,
  tr: translate,
  grep: streamedBatch('grep'),
  egrep: streamedBatch('egrep'),
  fgrep: streamedBatch('fgrep'),
  sed: streamedBatch('sed'),
  cut: streamedBatch('cut'),
  awk: batch('awk'),
};

const isInPath = (path: string): boolean => /^\/(usr\/)?(local\/)?s?bin\/[^/]+$/.test(path);

function find(shell: Shell, name: string): Utility | undefined {
  const { container } = shell;
  const base = name.split('/').at(-1) ?? name;
  const { executables } = container.instance.program;
  const isOwn = executables.some((own) => own === name || own.split('/').at(-1) === name);
  if (isOwn) return clients[container.instance.program.name]?.[base] ?? own[base];
  if (name.includes('/') && !isInPath(shell.resolve(name))) return undefined;
  if (!systemExecutables(container.system).has(base)) return undefined;
  return own[base] ?? batch(base);
}

async function locate(shell: Shell, name: string): Promise<string | undefined> {
  if (name === '') return undefined;
  if (!find(shell, name)) {
    const stat = name.includes('/')
      ? await shell.files.stat(shell.resolve(name)).catch(() => undefined)
      : undefined;
    return stat?.isFile && (stat.mode & 0o111) !== 0 ? name : undefined;
  }
  if (name.includes('/')) return name;
  const isOwn = shell.container.instance.program.executables.includes(name);
  return isOwn
    ? `/usr/local/bin/${name}`
    : shell.container.system === 'debian'
      ? `/usr/bin/${name}`
      : `/bin/${name}`;
}

const names = (shell: Shell): string[] => [
  ...systemExecutables(shell.container.system),
  ...shell.container.instance.program.executables.filter((name) => !name.includes('/')),
];

/** The tools of the system in an image, and the clients of its program. */
export const programs: Programs = { find, locate, names };
