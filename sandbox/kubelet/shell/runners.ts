import { builtins } from './builtins.js';
import { durationMs } from './duration.js';
import { openScript } from './open-script.js';
import { runShell } from './run-shell.js';
import type { Utility, UtilityContext } from './utility.js';

/** Runs a program with other arguments, in the same process. */
async function runOther(
  context: UtilityContext,
  words: readonly string[],
  environment = context.environment,
): Promise<number> {
  const { shell, io } = context;
  const [name = '', ...args] = words;
  const found =
    shell.programs.find(shell, name) ?? (await openScript(shell, name)) ?? (await builtinUtility(name));
  if (found === undefined || found === 'denied') {
    await io.complain(
      `${context.name}: can't execute '${name}': ${found ? 'Permission denied' : 'No such file or directory'}\n`,
    );
    return found ? 126 : 127;
  }
  return found({ ...context, name, args, environment });
}

/** `echo`, `test` and the like exist as programs, too. */
async function builtinUtility(name: string): Promise<Utility | undefined> {
  const builtin = ['echo', 'printf', 'test', '[', 'true', 'false', 'pwd', 'kill'].includes(name)
    ? builtins[name]
    : undefined;
  return builtin && (({ shell, args, io }) => builtin({ shell, name, args, io }));
}

const shell: Utility = async (context) => {
  const child = context.shell.another({ ...context, args: [] });
  return child.runWithin(() => runShell(child, context.args));
};

const env: Utility = async (context) => {
  const { args, io, environment } = context;
  const kept: Record<string, string> = args.includes('-i') || args[0] === '-' ? {} : { ...environment };
  let index = 0;
  for (; index < args.length; index++) {
    const arg = args[index] ?? '';
    const [, name, value] = /^([A-Za-z_]\w*)=([\s\S]*)$/.exec(arg) ?? [];
    if (arg === '-u') delete kept[args[++index] ?? ''];
    else if (name !== undefined) kept[name] = value ?? '';
    else if (!/^-/.test(arg)) break;
  }
  if (index < args.length) return runOther(context, args.slice(index), kept);
  await io.print(
    Object.entries(kept)
      .map(([name, value]) => `${name}=${value}\n`)
      .join(''),
  );
  return 0;
};

const timeout: Utility = async (context) => {
  const {
    args,
    task,
    shell: { container },
  } = context;
  const at = args.findIndex((arg) => !arg.startsWith('-'));
  const words = args.slice(at + 1);
  const child = container.tasks.start({ command: words.join(' '), parent: task });
  const done = runOther({ ...context, task: child }, words).catch(
    (error: unknown) => child.codeOf(error) ?? 1,
  );
  const pause = new AbortController();
  const late = container
    .sleep(durationMs(args[at] ?? '') ?? 0, AbortSignal.any([task.signal, pause.signal]))
    .then(() => -1);
  const code = await task.during(Promise.race([done, late])).finally(() => pause.abort());
  if (code < 0) child.killAll('TERM');
  else child.end(code);
  return code < 0 ? (container.system === 'debian' ? 124 : 143) : code;
};

const xargs: Utility = async (context) => {
  const { args, io, task } = context;
  let index = 0;
  let count = Number.POSITIVE_INFINITY;
  let placeholder: string | undefined;
  let separator = /\s+/;
  for (; /^-/.test(args[index] ?? ''); index++) {
    const arg = args[index] ?? '';
    if (arg.startsWith('-n')) count = Number(arg.slice(2) || args[++index]);
    else if (arg.startsWith('-I')) placeholder = arg.slice(2) || args[++index];
    else if (arg === '-0') separator = /\0/;
    else if (arg === '-P' || arg === '-L') index += 1;
  }
  const command = args.length > index ? args.slice(index) : ['echo'];
  const text = await io.input.readAll(task.signal, 16 << 20);
  const items = text.split(placeholder === undefined ? separator : /\n/).filter((item) => item !== '');
  if (items.length === 0 && args.includes('-r')) return 0;
  const groups: string[][] = [];
  if (placeholder !== undefined)
    for (const item of items) groups.push(command.map((word) => word.replaceAll(placeholder ?? '', item)));
  else
    for (let at = 0; at < Math.max(1, items.length); at += count)
      groups.push([...command, ...items.slice(at, at + count)]);
  let code = 0;
  for (const words of groups) {
    await task.check();
    if ((await runOther(context, words)) !== 0) code = 123;
  }
  return code;
};

const watch: Utility = async (context) => {
  const {
    args,
    io,
    task,
    shell: { container },
  } = context;
  const at = args.findIndex((arg, index) => !arg.startsWith('-') && args[index - 1] !== '-n');
  const seconds = Number(args[args.indexOf('-n') + 1]) || 2;
  while (true) {
    await io.print(`\u001b[H\u001b[JEvery ${seconds.toFixed(1)}s: ${args.slice(at).join(' ')}\n\n`);
    await runOther(context, args.slice(at));
    await task.during(container.sleep(seconds * 1000, task.signal));
  }
};

const plainly: Utility = (context) =>
  runOther(
    context,
    context.args.slice(
      context.args.findIndex((arg, index) => !arg.startsWith('-') && context.args[index - 1] !== '-n'),
    ),
  );

const busybox: Utility = async (context) => {
  if (context.args.length > 0) return runOther(context, context.args);
  await context.io.print('BusyBox v1.35.0 (Debian 1:1.35.0-4+deb12u1+b1) multi-call binary.\n');
  return 0;
};

export const runners: Readonly<Record<string, Utility>> = {
  sh: shell,
  bash: shell,
  ash: shell,
  dash: shell,
  env,
  timeout,
  xargs,
  watch,
  nohup: plainly,
  nice: plainly,
  busybox,
  echo: async (context) => (await builtinUtility('echo'))?.(context) ?? 1,
  printf: async (context) => (await builtinUtility('printf'))?.(context) ?? 1,
  test: async (context) => (await builtinUtility('test'))?.(context) ?? 1,
  true: async () => 0,
  false: async () => 1,
};
