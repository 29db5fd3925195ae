import { err, isoSeconds, out, type Program, pick } from './program.js';

const server = (at: number, level: string, code: string, text: string) =>
  err(`${new Date(at).toISOString().replace('Z', '000Z')} 0 [${level}] [MY-${code}] [Server] ${text}`);
const note = (at: number, text: string) => out(`${isoSeconds(at)}+00:00 [Note] [Entrypoint]: ${text}`);

export const mysql: Program = {
  name: 'mysql',
  images: /mysql|mariadb|percona/,
  port: 3306,
  bootMs: 2500,
  stopMs: 600,
  linePeriodMs: 10_000,
  system: 'debian',
  executables: ['mysqld', 'mysql', 'mysqladmin', 'mysqldump', 'docker-entrypoint.sh'],
  startLines: ({ image, port }, at) => [
    note(at, `Entrypoint script for MySQL Server ${image.tag} started.`),
    note(at + 100, "Switching to dedicated user 'mysql'"),
    note(at + 200, 'Initializing database files'),
    note(at + 1400, 'Database files initialized'),
    note(at + 1500, 'Starting temporary server'),
    note(at + 2000, 'MySQL init process done. Ready for start up.'),
    server(at + 2200, 'System', '010116', `/usr/sbin/mysqld (mysqld ${image.tag}) starting as process 1`),
    server(
      at + 2400,
      'System',
      '011323',
      "X Plugin ready for connections. Bind-address: '::' port: 33060, socket: /var/run/mysqld/mysqlx.sock",
    ),
    server(
      at + 2450,
      'System',
      '010931',
      `/usr/sbin/mysqld: ready for connections. Version: '${image.tag}'  socket: '/var/run/mysqld/mysqld.sock'  port: ${port}  MySQL Community Server - GPL.`,
    ),
  ],
  line: (_, at, random) =>
    pick(random, [
      server(
        at,
        'Warning',
        '013360',
        "Plugin mysql_native_password reported: ''mysql_native_password' is deprecated'",
      ),
      server(
        at,
        'Note',
        '010914',
        "Aborted connection 42 to db: 'unconnected' user: 'app' host: '10.244.0.1' (Got an error reading communication packets).",
      ),
      server(at, 'Note', '013172', 'Received SIGHUP. Reloading tables and flushing logs.'),
    ]),
  stopLines: (_, at) => [
    server(at, 'System', '013172', 'Received SHUTDOWN from user <via user signal>. Shutting down mysqld.'),
    server(at, 'System', '010910', '/usr/sbin/mysqld: Shutdown complete  MySQL Community Server - GPL.'),
  ],
  crashLines: (_, at) => [
    note(at, 'Entrypoint script for MySQL Server started.'),
    err(
      `${isoSeconds(at)}+00:00 [ERROR] [Entrypoint]: Database is uninitialized and password option is not specified`,
    ),
    err('    You need to specify one of the following as an environment variable:'),
    err('    - MYSQL_ROOT_PASSWORD'),
    err('    - MYSQL_ALLOW_EMPTY_PASSWORD'),
    err('    - MYSQL_RANDOM_ROOT_PASSWORD'),
  ],
  processes: () => [{ pid: 1, user: 'mysql', command: 'mysqld' }],
  files: () => ({
    '/etc/my.cnf':
      '[mysqld]\nhost-cache-size=0\nskip-name-resolve\ndatadir=/var/lib/mysql\nsocket=/var/run/mysqld/mysqld.sock\n',
    '/var/lib/mysql/auto.cnf': '[auto]\nserver-uuid=00000000-0000-0000-0000-000000000001\n',
  }),
};
