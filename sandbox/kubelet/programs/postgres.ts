import { err, isoMillis, out, type Program, pick } from './program.js';

const log = (at: number, pid: number, text: string) => err(`${isoMillis(at)} UTC [${pid}] ${text}`);

export const postgres: Program = {
  name: 'postgres',
  images: /postgres|postgis|timescale/,
  port: 5432,
  bootMs: 1200,
  stopMs: 300,
  linePeriodMs: 5000,
  system: 'debian',
  executables: ['postgres', 'psql', 'pg_isready', 'pg_dump', 'docker-entrypoint.sh'],
  startLines: ({ image, port }, at) => [
    out('PostgreSQL Database directory appears to contain a database; Skipping initialization'),
    out(''),
    log(
      at + 200,
      1,
      `LOG:  starting PostgreSQL ${image.tag.replace(/-.*/, '')} (Debian) on x86_64-pc-linux-gnu, compiled by gcc, 64-bit`,
    ),
    log(at + 210, 1, `LOG:  listening on IPv4 address "0.0.0.0", port ${port}`),
    log(at + 211, 1, `LOG:  listening on IPv6 address "::", port ${port}`),
    log(at + 230, 1, `LOG:  listening on Unix socket "/var/run/postgresql/.s.PGSQL.${port}"`),
    log(at + 400, 29, 'LOG:  database system was shut down at 2026-11-22 18:00:00 UTC'),
    log(at + 1150, 1, 'LOG:  database system is ready to accept connections'),
  ],
  line: (_, at, random) => {
    const buffers = Math.floor(random() * 200);
    return pick(random, [
      log(at, 27, 'LOG:  checkpoint starting: time'),
      log(
        at,
        27,
        `LOG:  checkpoint complete: wrote ${buffers} buffers (${(buffers / 163.84).toFixed(1)}%); 0 WAL file(s) added, 0 removed, 0 recycled`,
      ),
      log(at, 61, 'LOG:  duration: 1204.118 ms  statement: SELECT count(*) FROM orders'),
    ]);
  },
  stopLines: (_, at) => [
    log(at, 1, 'LOG:  received smart shutdown request'),
    log(at, 27, 'LOG:  shutting down'),
    log(at, 1, 'LOG:  database system is shut down'),
  ],
  crashLines: () => [
    err('Error: Database is uninitialized and superuser password is not specified.'),
    err('       You must specify POSTGRES_PASSWORD to a non-empty value for the'),
    err('       superuser. For example, "-e POSTGRES_PASSWORD=password" on "docker run".'),
  ],
  processes: () => [
    { pid: 1, user: 'postgres', command: 'postgres' },
    { pid: 27, user: 'postgres', command: 'postgres: checkpointer' },
    { pid: 28, user: 'postgres', command: 'postgres: background writer' },
    { pid: 30, user: 'postgres', command: 'postgres: walwriter' },
    { pid: 31, user: 'postgres', command: 'postgres: autovacuum launcher' },
  ],
  files: ({ port, image }) => ({
    '/var/lib/postgresql/data/PG_VERSION': `${Number.parseInt(image.tag, 10) || 18}\n`,
    '/var/lib/postgresql/data/postgresql.conf': `listen_addresses = '*'\nport = ${port}\nmax_connections = 100\nshared_buffers = 128MB\n`,
  }),
};
