import type { Program } from '../programs/program.js';

export interface ShellDialect {
  readonly banner: string;
  prompt(directory: string, home: string, host: string): string;
  /** Messages of the interpreter in the words of the shell that it stands for. */
  errors(text: string): string;
}

const BUSYBOX_BANNER =
  "\n\nBusyBox v1.37.0 built-in shell (ash)\nEnter 'help' for a list of built-in commands.\n\n";

/** How the shell of an image looks: ash, dash or bash. */
export function shellDialect(system: Program['system'], executable: string): ShellDialect {
  const name = executable.split('/').at(-1) ?? 'sh';
  const isAsh = system !== 'debian';
  const isBash = name === 'bash';
  const place = (directory: string, home: string) => (directory === home ? '~' : directory);
  return {
    banner: system === 'busybox' ? BUSYBOX_BANNER : '',
    prompt: (directory, home, host) => {
      if (isBash) return `root@${host}:${place(directory, home)}# `;
      return isAsh ? `${place(directory, home)} # ` : '# ';
    },
    errors: (text) => {
      if (isBash) return text;
      const line = isAsh ? '' : ' 1:';
      return text
        .replaceAll(/^bash: (?:line \d+: )?(.+): command not found$/gm, `${name}:${line} $1: not found`)
        .replaceAll(/^bash: (?:line \d+: )?/gm, `${name}:${line} `);
    },
  };
}
