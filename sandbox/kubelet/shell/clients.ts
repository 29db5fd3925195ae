import { redisCommand } from './redis-client.js';
import { sqlClient } from './sql-client.js';
import type { Utility, UtilityContext } from './utility.js';

const version = ({ shell }: UtilityContext): string =>
  shell.container.instance.context.image.tag.replace(/-.*/, '');

const say =
  (text: (context: UtilityContext) => string): Utility =>
  async (context) => {
    await context.io.print(text(context));
    return 0;
  };

const warn =
  (text: (context: UtilityContext) => string): Utility =>
  async (context) => {
    await context.io.complain(text(context));
    return 0;
  };

/** The clients and tools that images bring along, by program; what they store lives as long as the container. */
export const clients: Readonly<Record<string, Readonly<Record<string, Utility>>>> = {
  nginx: {
    nginx: (context) => {
      const [flag, what] = context.args;
      if (flag === '-t')
        return warn(
          () =>
            'nginx: the configuration file /etc/nginx/nginx.conf syntax is ok\nnginx: configuration file /etc/nginx/nginx.conf test is successful\n',
        )(context);
      if (flag === '-s') {
        if (what !== 'reload') context.shell.container.signal(1, 'QUIT');
        return warn(() => '')(context);
      }
      return warn((given) => `nginx version: nginx/${version(given)}\n`)(context);
    },
  },
  redis: {
    'redis-cli': redisCommand,
    'redis-server': say(
      (context) => `Redis server v=${version(context)} sha=00000000:0 malloc=jemalloc-5.3.0 bits=64\n`,
    ),
  },
  mysql: {
    mysql: sqlClient('mysql'),
    mariadb: sqlClient('mysql'),
    mysqladmin: say(({ args }) =>
      args.includes('status')
        ? 'Uptime: 3600  Threads: 2  Questions: 42  Slow queries: 0  Opens: 140\n'
        : 'mysqld is alive\n',
    ),
    mysqldump: say(
      (context) => `-- MySQL dump ${version(context)}\n--\n-- Host: localhost\n-- Dump completed\n`,
    ),
  },
  postgres: {
    psql: sqlClient('postgres'),
    pg_isready: say(
      ({ shell }) => `/var/run/postgresql:${shell.container.instance.context.port} - accepting connections\n`,
    ),
    pg_dump: say(
      () => '--\n-- PostgreSQL database dump\n--\n\n--\n-- PostgreSQL database dump complete\n--\n',
    ),
  },
  rabbitmq: {
    rabbitmqctl: say((context) => {
      const node = `rabbit@${context.shell.container.podName}`;
      if (context.args.includes('list_queues'))
        return 'Timeout: 60.0 seconds ...\nListing queues for vhost / ...\nname\tmessages\norders\t0\n';
      return `Status of node ${node} ...\nRuntime\n\nRabbitMQ version: ${version(context)}\nNode name: ${node}\n`;
    }),
    'rabbitmq-diagnostics': say(
      ({ shell }) =>
        `Will ping rabbit@${shell.container.podName}. This only checks if the OS process is running and registered with epmd. Timeout: 60000 ms.\nPing succeeded\n`,
    ),
  },
};
