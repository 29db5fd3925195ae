import type { ContainerInstance } from '../container-instance.js';

export interface CommandResult {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
}

type Run = (args: string[]) => CommandResult;

const ok = (stdout = ''): CommandResult => ({ stdout, stderr: '', exitCode: 0 });
const failed = (stderr: string, exitCode = 1): CommandResult => ({ stdout: '', stderr, exitCode });

const made = new WeakMap<ContainerInstance, Record<string, Run>>();

/** The clients and tools that images bring along; they keep their state as long as the container. */
export function programCommands(instance: ContainerInstance): Record<string, Run> {
  const commands = made.get(instance) ?? makeCommands(instance);
  made.set(instance, commands);
  return commands;
}

function makeCommands(instance: ContainerInstance): Record<string, Run> {
  const { program, context, files } = instance;
  const version = context.image.tag.replace(/-.*/, '');
  const fetch: Run = (args) => {
    const url = args.find((arg) => !arg.startsWith('-') && /[.:/]|localhost/.test(arg)) ?? '';
    const isSelf =
      /^(https?:\/\/)?(localhost|127\.0\.0\.1|\[::1\])/.test(url) || url.includes(context.pod.ip);
    if (!isSelf || program.port === 0) return failed(`could not connect to ${url}: Connection refused\n`, 7);
    return ok(files.initial()['/usr/share/nginx/html/index.html'] ?? '{"status":"ok"}\n');
  };
  const byProgram: Record<string, Record<string, Run>> = {
    nginx: {
      nginx: ([flag]) =>
        flag === '-t'
          ? failed(
              'nginx: the configuration file /etc/nginx/nginx.conf syntax is ok\nnginx: configuration file /etc/nginx/nginx.conf test is successful\n',
              0,
            )
          : failed(`nginx version: nginx/${version}\n`, 0),
    },
    redis: { 'redis-cli': redisClient(instance), 'redis-server': () => ok(`Redis server v=${version}\n`) },
    mysql: {
      mysql: (args) =>
        args.includes('--version')
          ? ok(`mysql  Ver ${version} for Linux on x86_64 (MySQL Community Server - GPL)\n`)
          : failed("ERROR 1045 (28000): Access denied for user 'root'@'localhost' (using password: NO)\n"),
      mysqladmin: () => ok('mysqld is alive\n'),
    },
    postgres: {
      psql: () => ok(`psql (PostgreSQL) ${version}\n`),
      pg_isready: () => ok(`/var/run/postgresql:${context.port} - accepting connections\n`),
    },
    rabbitmq: {
      rabbitmqctl: () =>
        ok(`Status of node rabbit@${context.pod.name} ...\nRuntime\n\nRabbitMQ version: ${version}\n`),
      'rabbitmq-diagnostics': () => ok(`Ping succeeded\n`),
    },
  };
  const web = program.system === 'debian' ? { curl: fetch } : { wget: fetch };
  return { ...byProgram[program.name], ...web };
}

function redisClient({ context }: ContainerInstance): Run {
  const keys = new Map<string, string>();
  return (args) => {
    const [command = '', key = '', ...rest] = withoutOptions(args);
    switch (command.toUpperCase()) {
      case 'PING':
        return ok('PONG\n');
      case 'SET':
        keys.set(key, rest.join(' '));
        return ok('OK\n');
      case 'GET':
        return ok(`${keys.get(key) ?? ''}\n`);
      case 'DEL':
        return ok(`${keys.delete(key) ? 1 : 0}\n`);
      case 'KEYS':
        return ok([...keys.keys()].map((name) => `${name}\n`).join(''));
      case 'DBSIZE':
        return ok(`${keys.size}\n`);
      case 'INFO':
        return ok(
          `# Server\nredis_version:${context.image.tag.replace(/-.*/, '')}\nredis_mode:standalone\ntcp_port:${context.port}\n\n# Clients\nconnected_clients:1\n`,
        );
      default:
        return ok(`ERR unknown command '${command}'\n`);
    }
  };
}

/** `-h host -p port -a password` say where, not what. */
function withoutOptions(args: readonly string[]): string[] {
  const rest: string[] = [];
  for (let index = 0; index < args.length; index++) {
    const arg = args[index] ?? '';
    if (['-h', '-p', '-a', '-n', '-u'].includes(arg)) index++;
    else if (!arg.startsWith('-')) rest.push(arg);
  }
  return rest;
}
