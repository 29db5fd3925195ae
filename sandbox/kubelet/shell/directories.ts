import type { Builtin } from './builtins.js';
import { bytesOf } from './streams.js';

export const directories: Record<string, Builtin> = {
  cd: async ({ shell, args, io }) => {
    const [given] = args.filter((arg) => arg !== '-P' && arg !== '-L' && arg !== '--');
    const home = shell.variables.get('HOME') ?? '/';
    const target =
      given === undefined ? home : given === '-' ? (shell.variables.get('OLDPWD') ?? home) : given;
    const path = shell.resolve(target);
    const stat = await shell.files.stat(path).catch(() => undefined);
    if (!stat?.isDirectory) {
      await shell.complain(
        shell.dialect.cannotEnter(target, stat ? 'Not a directory' : 'No such file or directory'),
        io,
      );
      return shell.dialect.name === 'bash' ? 1 : 2;
    }
    shell.variables.set('OLDPWD', bytesOf(shell.directory));
    shell.directory = path;
    shell.variables.set('PWD', bytesOf(path));
    if (given === '-') await io.print(`${bytesOf(path)}\n`);
    return 0;
  },
  pwd: async ({ shell, io }) => {
    await io.print(`${bytesOf(shell.directory)}\n`);
    return 0;
  },
  umask: async ({ args, io }) => {
    if (args.length === 0) await io.print('0022\n');
    return 0;
  },
  ulimit: async ({ args, io }) => {
    await io.print(args.includes('-n') ? '1048576\n' : 'unlimited\n');
    return 0;
  },
  hash: async () => 0,
  type: async ({ shell, args, io }) => {
    const { builtins } = await import('./builtins.js');
    let code = 0;
    for (const name of args.filter((arg) => !arg.startsWith('-'))) {
      const place = await shell.programs.locate(shell, name);
      if (shell.aliases.has(name)) await io.print(`${name} is an alias for ${shell.aliases.get(name)}\n`);
      else if (shell.functions.has(name)) await io.print(`${name} is a function\n`);
      else if (builtins[name]) await io.print(`${name} is a shell builtin\n`);
      else if (place) await io.print(`${name} is ${place}\n`);
      else {
        code = shell.dialect.name === 'bash' ? 1 : 127;
        await shell.complain(`type: ${name}: not found`, io);
      }
    }
    return code;
  },
};
