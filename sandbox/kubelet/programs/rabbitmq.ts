import { isoMillis, out, type Program, pick } from './program.js';

const log = (at: number, level: string, text: string) =>
  out(`${isoMillis(at)}000+00:00 [${level}] <0.254.0> ${text}`);

export const rabbitmq: Program = {
  name: 'rabbitmq',
  images: /rabbitmq/,
  port: 5672,
  bootMs: 3500,
  stopMs: 900,
  linePeriodMs: 4000,
  system: 'debian',
  executables: ['rabbitmq-server', 'rabbitmqctl', 'rabbitmq-diagnostics', 'docker-entrypoint.sh'],
  startLines: ({ image, pod, port }, at) => [
    log(at, 'notice', 'Application syslog exited with reason: stopped'),
    log(at + 600, 'info', `Starting RabbitMQ ${image.tag.replace(/-.*/, '')} on Erlang 27.3`),
    log(at + 610, 'info', ` node           : rabbit@${pod.name}`),
    log(at + 620, 'info', ' home dir       : /var/lib/rabbitmq'),
    log(at + 1800, 'info', 'Running boot step database defined by app rabbit'),
    log(at + 3300, 'info', `started TCP listener on [::]:${port}`),
    log(at + 3450, 'info', 'Server startup complete; 4 plugins started.'),
  ],
  line: ({ pod, port }, at, random) => {
    const client = `${pod.ip.replace(/\d+$/, '1')}:${30000 + Math.floor(random() * 30000)}`;
    return pick(random, [
      log(
        at,
        'info',
        `accepting AMQP connection <0.${800 + Math.floor(random() * 900)}.0> (${client} -> ${pod.ip}:${port})`,
      ),
      log(
        at,
        'info',
        `connection ${client} -> ${pod.ip}:${port}: user 'app' authenticated and granted access to vhost '/'`,
      ),
      log(
        at,
        'warning',
        `closing AMQP connection (${client} -> ${pod.ip}:${port}): client unexpectedly closed TCP connection`,
      ),
    ]);
  },
  stopLines: (_, at) => [
    log(at, 'info', 'SIGTERM received - shutting down'),
    log(at, 'info', 'Successfully stopped RabbitMQ and its dependencies'),
  ],
  crashLines: (_, at) => [
    log(at, 'error', 'BOOT FAILED'),
    log(at, 'error', '==========='),
    log(
      at,
      'error',
      'Error during startup: {error,{schema_integrity_check_failed,[{table_missing,rabbit_listener}]}}',
    ),
  ],
  processes: () => [
    { pid: 1, user: 'rabbitmq', command: '/bin/sh /opt/rabbitmq/sbin/rabbitmq-server' },
    {
      pid: 20,
      user: 'rabbitmq',
      command: '/opt/erlang/lib/erlang/erts-15.2/bin/beam.smp -W w -K true -A 128',
    },
  ],
  files: ({ port }) => ({
    '/etc/rabbitmq/rabbitmq.conf': `listeners.tcp.default = ${port}\nloopback_users.guest = false\n`,
  }),
};
