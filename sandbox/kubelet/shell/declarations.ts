import { parse } from 'just-bash';
import type { Builtin } from './builtins.js';

const quote = (value: string): string => `'${value.replaceAll("'", `'\\''`)}'`;

/** Gives `name=value`, `name=(a b)` and `name` their meaning. */
const declare =
  (marks: { isExported?: boolean; isReadonly?: boolean; isLocal?: boolean }): Builtin =>
  async ({ shell, args, io, name: command }) => {
    const flags = args.filter((arg) => arg.startsWith('-')).join('');
    const isLocal =
      marks.isLocal || (command !== 'export' && command !== 'readonly' && shell.variables.isInFunction);
    const operands = args.filter((arg) => !arg.startsWith('-'));
    if (operands.length === 0) {
      for (const name of shell.variables.names())
        if (!marks.isExported || shell.variables.isExported(name))
          await io.print(
            `${marks.isExported ? 'export ' : ''}${name}=${quote(shell.variables.get(name) ?? '')}\n`,
          );
      return 0;
    }
    let code = 0;
    for (const operand of operands) {
      const [, name = operand, append, value] = /^(\w+)(\+?)=([\s\S]*)$/.exec(operand) ?? [];
      if (!/^[A-Za-z_]\w*$/.test(name)) {
        await shell.complain(`${command}: ${operand}: ${shell.dialect.badName}`, io);
        code = 1;
        continue;
      }
      if (isLocal && !flags.includes('g')) shell.variables.declareLocal(name);
      if (value?.startsWith('(') && value.endsWith(')')) {
        const list =
          (parse(operand).statements[0]?.pipelines[0]?.commands[0] as any)?.assignments?.[0]?.array ?? [];
        shell.variables.setArray(name, await shell.expansion.words(list), { append: append === '+' });
      } else if (value !== undefined) {
        const result = append ? (shell.variables.get(name) ?? '') + value : value;
        shell.variables.set(
          name,
          flags.includes('i')
            ? String(await shell.expansion.arithmetic(shell.expansion.variables.parse(result)))
            : result,
        );
      }
      const isExported = !flags.includes('n') && (marks.isExported || flags.includes('x'));
      if (isExported || flags.includes('n')) shell.variables.mark(name, { isExported });
      if (marks.isReadonly || flags.includes('r')) shell.variables.mark(name, { isReadonly: true });
    }
    return code;
  };

const LONG_OPTIONS: Record<string, string> = {
  errexit: 'e',
  nounset: 'u',
  xtrace: 'x',
  noglob: 'f',
  allexport: 'a',
  pipefail: 'pipefail',
};

export const declarations: Record<string, Builtin> = {
  export: declare({ isExported: true }),
  readonly: declare({ isReadonly: true }),
  local: declare({ isLocal: true }),
  declare: declare({}),
  typeset: declare({}),
  unset: async ({ shell, args }) => {
    for (const name of args.filter((arg) => !arg.startsWith('-'))) {
      if (args[0] === '-f') shell.functions.delete(name);
      else shell.variables.unset(name);
    }
    return 0;
  },
  set: async ({ shell, args, io }) => {
    if (args.length === 0)
      for (const name of shell.variables.names())
        await io.print(`${name}=${quote(shell.variables.get(name) ?? '')}\n`);
    for (let index = 0; index < args.length; index++) {
      const arg = args[index] ?? '';
      if (arg === '--' || !/^[-+]/.test(arg)) {
        shell.positional = args.slice(arg === '--' ? index + 1 : index);
        break;
      }
      const isLong = arg.endsWith('o');
      const names = isLong
        ? [...arg.slice(1, -1), LONG_OPTIONS[args[++index] ?? ''] ?? '']
        : [...arg.slice(1)];
      for (const name of names.filter((each) => each !== ''))
        if (arg.startsWith('-')) shell.options.add(name);
        else shell.options.delete(name);
    }
    return 0;
  },
  shift: async ({ shell, args }) => {
    const count = Number(args[0] ?? 1);
    if (count > shell.positional.length) return 1;
    shell.positional = shell.positional.slice(count);
    return 0;
  },
  shopt: async () => 0,
  let: async ({ shell, args }) => {
    let value = 0;
    for (const arg of args) value = await shell.expansion.arithmetic(shell.expansion.variables.parse(arg));
    return Number(value === 0);
  },
  getopts: async ({ shell, args: [letters = '', name = '', ...given] }) => {
    const list = given.length > 0 ? given : shell.positional;
    const at = Number(shell.variables.get('OPTIND') ?? 1);
    const arg = list[at - 1];
    if (!arg || !/^-./.test(arg) || arg === '--') {
      shell.variables.set(name, '?');
      return 1;
    }
    const letter = arg[1] ?? '';
    const takesValue = letters.includes(`${letter}:`);
    shell.variables.set(name, letters.replaceAll(':', '').includes(letter) ? letter : '?');
    if (takesValue) shell.variables.set('OPTARG', arg.slice(2) || (list[at] ?? ''));
    shell.variables.set('OPTIND', String(at + (takesValue && arg.length === 2 ? 2 : 1)));
    return 0;
  },
  alias: async ({ shell, args, io }) => {
    for (const arg of args) {
      const [, name = arg, text] = /^([^=]+)=([\s\S]*)$/.exec(arg) ?? [];
      if (text !== undefined) shell.aliases.set(name, text);
    }
    if (args.length === 0)
      for (const [name, text] of shell.aliases) await io.print(`alias ${name}=${quote(text)}\n`);
    return 0;
  },
  unalias: async ({ shell, args }) => {
    for (const name of args) shell.aliases.delete(name);
    return 0;
  },
};
