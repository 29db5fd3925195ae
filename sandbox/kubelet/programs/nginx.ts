import { accessTime, err, out, type Program, pick, slashTime } from './program.js';

const AGENTS = ['kube-probe/1.36', 'Mozilla/5.0 (X11; Linux x86_64) Firefox/145.0', 'curl/8.14.1'] as const;
const notice = (ms: number, text: string) => err(`${slashTime(ms)} [notice] 1#1: ${text}`);

export const nginx: Program = {
  name: 'nginx',
  images: /nginx/,
  port: 80,
  bootMs: 150,
  stopMs: 120,
  linePeriodMs: 2000,
  system: 'debian',
  executables: ['nginx', '/docker-entrypoint.sh'],
  startLines: ({ image }, at) => [
    out('/docker-entrypoint.sh: /docker-entrypoint.d/ is not empty, will attempt to perform configuration'),
    out('/docker-entrypoint.sh: Looking for shell scripts in /docker-entrypoint.d/'),
    out('/docker-entrypoint.sh: Launching /docker-entrypoint.d/10-listen-on-ipv6-by-default.sh'),
    out('10-listen-on-ipv6-by-default.sh: info: Enabled listen on IPv6 in /etc/nginx/conf.d/default.conf'),
    out('/docker-entrypoint.sh: Launching /docker-entrypoint.d/20-envsubst-on-templates.sh'),
    out('/docker-entrypoint.sh: Launching /docker-entrypoint.d/30-tune-worker-processes.sh'),
    out('/docker-entrypoint.sh: Configuration complete; ready for start up'),
    notice(at, 'using the "epoll" event method'),
    notice(at, `nginx/${image.tag}`),
    notice(at, 'built by gcc 12.2.0 (Debian 12.2.0-14+deb12u1)'),
    notice(at, 'OS: Linux 6.1.0-sandbox'),
    notice(at, 'getrlimit(RLIMIT_NOFILE): 1048576:1048576'),
    notice(at, 'start worker processes'),
    notice(at, 'start worker process 29'),
    notice(at, 'start worker process 30'),
  ],
  line: ({ pod }, time, random) => {
    const path = pick(random, ['/', '/', '/index.html', '/healthz', '/assets/app.css', '/favicon.ico']);
    const status = path === '/favicon.ico' ? 404 : 200;
    const client = pod.ip.replace(/\d+$/, '1');
    const bytes = status === 404 ? 153 : 615;
    return out(
      `${client} - - [${accessTime(time)}] "GET ${path} HTTP/1.1" ${status} ${bytes} "-" "${pick(random, AGENTS)}" "-"`,
    );
  },
  failure: ({ pod }, time, random) => {
    const client = pod.ip.replace(/\d+$/, '1');
    const path = pick(random, ['/', '/api/orders', '/api/customers']);
    if (random() < 0.5)
      return err(
        `${slashTime(time)} [error] 29#29: *${Math.floor(random() * 9000)} connect() failed (111: Connection refused) while connecting to upstream, client: ${client}, server: localhost, request: "GET ${path} HTTP/1.1"`,
      );
    return out(
      `${client} - - [${accessTime(time)}] "GET ${path} HTTP/1.1" 502 157 "-" "${pick(random, AGENTS)}" "-"`,
    );
  },
  stopLines: (_, at) => [
    notice(at, 'signal 3 (SIGQUIT) received, shutting down'),
    err(`${slashTime(at)} [notice] 29#29: gracefully shutting down`),
    notice(at, 'signal 17 (SIGCHLD) received from 29'),
    notice(at, 'worker process 29 exited with code 0'),
    notice(at, 'exit'),
  ],
  crashLines: (_, at) => [
    err(`${slashTime(at)} [emerg] 1#1: unknown directive "proxy_passs" in /etc/nginx/conf.d/default.conf:12`),
    err('nginx: [emerg] unknown directive "proxy_passs" in /etc/nginx/conf.d/default.conf:12'),
  ],
  processes: () => [
    { pid: 1, user: 'root', command: 'nginx: master process nginx -g daemon off;' },
    { pid: 29, user: 'nginx', command: 'nginx: worker process' },
    { pid: 30, user: 'nginx', command: 'nginx: worker process' },
  ],
  files: ({ port }) => ({
    '/etc/nginx/nginx.conf':
      'user  nginx;\nworker_processes  auto;\n\nerror_log  /var/log/nginx/error.log notice;\npid        /run/nginx.pid;\n\nevents {\n    worker_connections  1024;\n}\n\nhttp {\n    include       /etc/nginx/mime.types;\n    default_type  application/octet-stream;\n    sendfile        on;\n    keepalive_timeout  65;\n    include /etc/nginx/conf.d/*.conf;\n}\n',
    '/etc/nginx/conf.d/default.conf': `server {\n    listen       ${port};\n    server_name  localhost;\n\n    location / {\n        root   /usr/share/nginx/html;\n        index  index.html index.htm;\n    }\n}\n`,
    '/usr/share/nginx/html/index.html':
      '<!DOCTYPE html>\n<html>\n<head>\n<title>Welcome to nginx!</title>\n</head>\n<body>\n<h1>Welcome to nginx!</h1>\n</body>\n</html>\n',
    '/run/nginx.pid': '1\n',
  }),
};
