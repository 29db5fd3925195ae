import { dayTime, out, type Program, pick } from './program.js';

const line = (role: string, at: number, level: string, text: string) =>
  out(`1:${role} ${dayTime(at)} ${level} ${text}`);
const master = (at: number, text: string) => line('M', at, '*', text);

export const redis: Program = {
  name: 'redis',
  images: /redis|valkey/,
  port: 6379,
  bootMs: 250,
  stopMs: 150,
  linePeriodMs: 3000,
  system: 'debian',
  executables: ['redis-server', 'redis-cli', 'docker-entrypoint.sh'],
  startLines: ({ image, port }, at) => [
    line('C', at, '*', 'oO0OoO0OoO0Oo Redis is starting oO0OoO0OoO0Oo'),
    line(
      'C',
      at,
      '*',
      `Redis version=${image.tag.replace(/-.*/, '')}, bits=64, commit=00000000, modified=0, pid=1, just started`,
    ),
    line('C', at, '#', 'Warning: no config file specified, using the default config.'),
    master(at, 'monotonic clock: POSIX clock_gettime'),
    master(at, `Running mode=standalone, port=${port}.`),
    master(at, 'Server initialized'),
    master(at, 'Ready to accept connections tcp'),
  ],
  line: (_, at, random) => {
    const changes = 1 + Math.floor(random() * 400);
    return pick(random, [
      master(at, `${changes} changes in 60 seconds. Saving...`),
      master(at, 'Background saving started by pid 42'),
      line('C', at, '*', 'DB saved on disk'),
      master(at, 'Background saving terminated with success'),
    ]);
  },
  stopLines: (_, at) => [
    line('signal-handler', at, '*', 'Received SIGTERM scheduling shutdown...'),
    master(at, 'User requested shutdown...'),
    master(at, 'Saving the final RDB snapshot before exiting.'),
    master(at, 'DB saved on disk'),
    line('M', at, '#', 'Redis is now ready to exit, bye bye...'),
  ],
  crashLines: (_, at) => [
    line(
      'M',
      at,
      '#',
      'Bad file format reading the append only file appendonly.aof.1.incr.aof: make a backup of your AOF file, then use ./redis-check-aof --fix <filename.manifest>',
    ),
  ],
  processes: ({ port }) => [{ pid: 1, user: 'redis', command: `redis-server *:${port}` }],
  files: () => ({ '/data/dump.rdb': 'REDIS0011\n' }),
};
