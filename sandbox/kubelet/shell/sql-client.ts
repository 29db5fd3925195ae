import type { Utility, UtilityContext } from './utility.js';

interface Result {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

const version = ({ shell }: UtilityContext): string =>
  shell.container.instance.context.image.tag.replace(/-.*/, '');

/** The few statements that a look around needs; undefined for any other. */
function resultOf(context: UtilityContext, statement: string): Result | undefined {
  const text = statement.trim().replace(/;$/, '').replaceAll(/\s+/g, ' ').toLowerCase();
  const { environment } = context.shell.container.instance.context;
  const database = environment['MYSQL_DATABASE'] ?? environment['POSTGRES_DB'];
  const literal = /^select (\d+)$/.exec(text);
  if (literal) return { head: [literal[1] ?? ''], rows: [[literal[1] ?? '']] };
  if (/^select (now\(\)|current_timestamp)/.test(text))
    return {
      head: ['now()'],
      rows: [[new Date(context.shell.container.now()).toISOString().slice(0, 19).replace('T', ' ')]],
    };
  if (/^select (@@)?version/.test(text)) return { head: ['version()'], rows: [[version(context)]] };
  if (/^(show databases|\\l)$/.test(text))
    return {
      head: ['Database'],
      rows: ['information_schema', 'mysql', 'performance_schema', 'sys', ...(database ? [database] : [])]
        .sort()
        .map((name) => [name]),
    };
  if (/^(show tables|\\dt)$/.test(text)) return { head: ['Tables'], rows: [] };
  if (/^select (user|current_user)/.test(text)) return { head: ['current_user'], rows: [['root@localhost']] };
  return undefined;
}

function table({ head, rows }: Result, isTerminal: boolean): string {
  if (!isTerminal) return [head, ...rows].map((row) => `${row.join('\t')}\n`).join('');
  if (rows.length === 0) return 'Empty set (0.00 sec)\n\n';
  const widths = head.map((name, index) =>
    Math.max(name.length, ...rows.map((row) => row[index]?.length ?? 0)),
  );
  const rule = `+${widths.map((width) => '-'.repeat(width + 2)).join('+')}+\n`;
  const line = (cells: readonly string[]) =>
    `|${cells.map((cell, index) => ` ${cell.padEnd(widths[index] ?? 0)} `).join('|')}|\n`;
  return `${rule}${line(head)}${rule}${rows.map(line).join('')}${rule}${rows.length} row${rows.length === 1 ? '' : 's'} in set (0.00 sec)\n\n`;
}

/** mysql and psql, as far as a look around goes: connects with the password that the container was given. */
export const sqlClient =
  (kind: 'mysql' | 'postgres'): Utility =>
  async (context) => {
    const { args, io, task, shell } = context;
    if (args.some((arg) => /^(-V|--version)$/.test(arg))) {
      await io.print(
        kind === 'mysql'
          ? `mysql  Ver ${version(context)} for Linux on x86_64 (MySQL Community Server - GPL)\n`
          : `psql (PostgreSQL) ${version(context)}\n`,
      );
      return 0;
    }
    const refusal = kind === 'mysql' ? refused(context) : undefined;
    if (refusal) {
      await io.complain(refusal);
      return 1;
    }
    const isTerminal = io.output(1).isTerminal;
    const run = async (statement: string): Promise<number> => {
      const result = resultOf(context, statement);
      if (result) {
        await io.print(table(result, isTerminal));
        return 0;
      }
      await io.complain(
        kind === 'mysql'
          ? 'ERROR 1235 (42000): the simulated server keeps no tables\n'
          : 'ERROR:  the simulated server keeps no tables\n',
      );
      return 1;
    };
    const given = args.findIndex((arg) => arg === (kind === 'mysql' ? '-e' : '-c'));
    if (given >= 0) return run(args[given + 1] ?? '');
    if (io.input.isTerminal)
      await io.print(
        kind === 'mysql'
          ? `Welcome to the MySQL monitor.  Commands end with ; or \\g.\nServer version: ${version(context)} MySQL Community Server - GPL\n\n`
          : `psql (${version(context)})\nType "help" for help.\n\n`,
      );
    const prompt =
      kind === 'mysql'
        ? 'mysql> '
        : `${shell.container.instance.context.environment['POSTGRES_DB'] ?? 'postgres'}=# `;
    for (let statement = ''; ; ) {
      if (io.input.isTerminal) await io.print(statement ? '    -> ' : prompt);
      const line = await io.input.readLine(task.signal);
      if (line === '' || /^\s*(exit|quit|\\q);?\s*$/i.test(line)) {
        if (kind === 'mysql' && io.input.isTerminal) await io.print('Bye\n');
        return 0;
      }
      statement += line;
      if (!/;\s*$|^\s*\\/.test(statement) && statement.trim() !== '') continue;
      if (statement.trim() !== '') await run(statement);
      statement = '';
    }
  };

/** The server asks for the root password that it was set up with. */
function refused({ args, shell }: UtilityContext): string | undefined {
  const { environment } = shell.container.instance.context;
  const wanted = environment['MYSQL_ROOT_PASSWORD'] ?? environment['MARIADB_ROOT_PASSWORD'];
  const given =
    args.find((arg) => /^-p./.test(arg))?.slice(2) ??
    args.find((arg) => arg.startsWith('--password='))?.slice(11) ??
    environment['MYSQL_PWD'];
  const isOpen = environment['MYSQL_ALLOW_EMPTY_PASSWORD'] !== undefined;
  if (given === undefined ? isOpen : given === wanted || isOpen) return undefined;
  return `ERROR 1045 (28000): Access denied for user 'root'@'localhost' (using password: ${given === undefined ? 'NO' : 'YES'})\n`;
}
