import type { Utility, UtilityContext } from './utility.js';

const VALUED = new Set(['-h', '-p', '-a', '-n', '-u', '--user', '--pass']);

/** `-h host -p port -a password` say where, not what. */
function withoutOptions(args: readonly string[]): string[] {
  const rest: string[] = [];
  for (let index = 0; index < args.length; index++) {
    const arg = args[index] ?? '';
    if (VALUED.has(arg)) index++;
    else if (rest.length > 0 || !arg.startsWith('-')) rest.push(arg);
  }
  return rest;
}

const integer = (value: number): string => `(integer) ${value}`;
const quoted = (value: string | undefined): string => (value === undefined ? '(nil)' : JSON.stringify(value));

type Keys = Map<string, string>;

/** Answers as an interactive redis-cli shows them. */
const COMMANDS: Record<string, (keys: Keys, args: string[], context: UtilityContext) => string> = {
  PING: (_, [text]) => text ?? 'PONG',
  ECHO: (_, [text]) => quoted(text),
  SET: (keys, [key = '', value = '']) => {
    keys.set(key, value);
    return 'OK';
  },
  GET: (keys, [key = '']) => quoted(keys.get(key)),
  DEL: (keys, args) => integer(args.filter((key) => keys.delete(key)).length),
  EXISTS: (keys, args) => integer(args.filter((key) => keys.has(key)).length),
  INCR: (keys, [key = '']) => {
    const value = Number(keys.get(key) ?? 0) + 1;
    keys.set(key, String(value));
    return integer(value);
  },
  KEYS: (keys) =>
    [...keys.keys()].map((name, index) => `${index + 1}) ${quoted(name)}`).join('\n') || '(empty array)',
  DBSIZE: (keys) => integer(keys.size),
  FLUSHALL: (keys) => {
    keys.clear();
    return 'OK';
  },
  SELECT: () => 'OK',
  AUTH: () => 'OK',
  INFO: (keys, _, { shell }) => {
    const { context } = shell.container.instance;
    return `# Server\nredis_version:${context.image.tag.replace(/-.*/, '')}\nredis_mode:standalone\ntcp_port:${context.port}\n\n# Clients\nconnected_clients:1\n\n# Keyspace\ndb0:keys=${keys.size},expires=0,avg_ttl=0`;
  },
};

function answer(context: UtilityContext, words: readonly string[]): string {
  const { state } = context.shell.container;
  if (!state.has('redis')) state.set('redis', new Map());
  const [command = '', ...args] = words;
  const run = COMMANDS[command.toUpperCase()];
  return run
    ? run(state.get('redis'), args, context)
    : `(error) ERR unknown command '${command}', with args beginning with: `;
}

/** Off a terminal, redis-cli prints bare values. */
const bare = (text: string): string =>
  text
    .split('\n')
    .map((line) => line.replace(/^(\d+\) )?(\(integer\) )?/, ''))
    .map((line) => (line === '(nil)' ? '' : line.startsWith('"') ? JSON.parse(line) : line))
    .join('\n');

export const redisCommand: Utility = async (context) => {
  const { io, task } = context;
  const words = withoutOptions(context.args);
  const isTerminal = io.output(1).isTerminal;
  const show = (text: string) => io.print(`${isTerminal ? text : bare(text)}\n`);
  if (words.length > 0) {
    await show(answer(context, words));
    return 0;
  }
  while (true) {
    if (io.input.isTerminal) await io.print(`127.0.0.1:${context.shell.container.instance.context.port}> `);
    const line = await io.input.readLine(task.signal);
    if (line === '' || /^\s*(quit|exit)\s*$/i.test(line)) return 0;
    const typed = [...line.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(
      ([, double, single, plain]) => double ?? single ?? plain ?? '',
    );
    if (typed.length > 0) await show(answer(context, typed));
  }
};
