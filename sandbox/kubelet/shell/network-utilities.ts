import { lookUp, meet } from './cluster-network.js';
import type { Utility, UtilityContext } from './utility.js';

interface Reply {
  readonly status: number;
  readonly type: string;
  readonly body: string;
  readonly server: string;
}

const WELCOME =
  '<!DOCTYPE html>\n<html>\n<head>\n<title>Welcome to nginx!</title>\n</head>\n<body>\n<h1>Welcome to nginx!</h1>\n</body>\n</html>\n';

const STATUS: Record<number, string> = { 200: 'OK', 403: 'Forbidden', 404: 'Not Found' };

/** What an HTTP server of this image answers; undefined when it speaks something else. */
async function replyOf(
  { shell }: UtilityContext,
  program: string,
  pod: any,
  path: string,
): Promise<Reply | undefined> {
  if (program === 'nginx') {
    const isOwn = pod.metadata.uid === shell.container.instance.host.pod.metadata.uid;
    const root = '/usr/share/nginx/html';
    const file = isOwn
      ? await shell.files
          .readFile(root + (path.endsWith('/') ? `${path}index.html` : path))
          .catch(() => undefined)
      : undefined;
    const body = file ?? (!isOwn && /^\/(index\.html)?$/.test(path) ? WELCOME : undefined);
    if (body !== undefined) return { status: 200, type: 'text/html', body, server: 'nginx' };
    const missing =
      '<html>\r\n<head><title>404 Not Found</title></head>\r\n<body>\r\n<center><h1>404 Not Found</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n';
    return { status: 404, type: 'text/html', body: missing, server: 'nginx' };
  }
  if (['redis', 'mysql', 'postgres', 'rabbitmq'].includes(program)) return undefined;
  return { status: 200, type: 'application/json', body: '{"status":"ok"}\n', server: 'app' };
}

interface Target {
  readonly host: string;
  readonly port: number;
  readonly path: string;
  readonly isTls: boolean;
}

function parseTarget(text: string): Target {
  const url = new URL(/^\w+:\/\//.test(text) ? text : `http://${text}`);
  const isTls = url.protocol === 'https:';
  return { host: url.hostname, port: Number(url.port) || (isTls ? 443 : 80), path: url.pathname, isTls };
}

const TIMEOUT_MS = 5000;

const FORBIDDEN =
  '{\n  "kind": "Status",\n  "apiVersion": "v1",\n  "metadata": {},\n  "status": "Failure",\n  "message": "forbidden: User \\"system:anonymous\\" cannot get path \\"/\\"",\n  "reason": "Forbidden",\n  "details": {},\n  "code": 403\n}\n';

const curl: Utility = async (context) => {
  const { args, io, task, shell } = context;
  const isSilent = args.some((arg) => /^-[a-zA-Z]*s/.test(arg));
  const valued = new Set([
    '-o',
    '-H',
    '-d',
    '-X',
    '-m',
    '-u',
    '-w',
    '-A',
    '--max-time',
    '--connect-timeout',
    '--data',
    '--header',
    '--request',
    '--output',
    '--cacert',
    '--resolve',
    '--retry',
  ]);
  const url = args.find((arg, index) => !arg.startsWith('-') && !valued.has(args[index - 1] ?? ''));
  const option = (...names: string[]) => args[args.findIndex((arg) => names.includes(arg)) + 1];
  const has = (pattern: RegExp) => args.some((arg) => pattern.test(arg));
  const fail = async (code: number, message: string) => {
    if (!isSilent || has(/^-[a-zA-Z]*S/)) await io.complain(`curl: (${code}) ${message}\n`);
    return code;
  };
  if (has(/^(-V|--version)$/)) {
    await io.print('curl 8.14.1 (x86_64-pc-linux-gnu) libcurl/8.14.1\n');
    return 0;
  }
  if (url === undefined) return fail(2, 'no URL specified');
  let target: Target;
  try {
    target = parseTarget(url);
  } catch {
    return fail(3, 'URL rejected: Malformed input to a URL function');
  }
  const { host, port, path, isTls } = target;
  const meeting = meet(shell.container.instance, host, port);
  if (meeting.kind === 'unknown host') return fail(6, `Could not resolve host: ${host}`);
  if (meeting.kind === 'refused')
    return fail(7, `Failed to connect to ${host} port ${port} after 0 ms: Could not connect to server`);
  if (meeting.kind === 'timed out') {
    const ms = has(/^(-m|--max-time|--connect-timeout)$/)
      ? Number(option('-m', '--max-time', '--connect-timeout')) * 1000
      : TIMEOUT_MS;
    await task.during(shell.container.sleep(ms, task.signal));
    return fail(28, `Connection timed out after ${Math.round(ms)} milliseconds`);
  }
  const isApi = meeting.kind === 'API server';
  if (isTls && isApi && !has(/^(-[a-zA-Z]*k|--insecure|--cacert)$/))
    return fail(60, 'SSL certificate problem: unable to get local issuer certificate');
  if (isTls && !isApi)
    return fail(35, 'TLS connect error: error:0A00010B:SSL routines::wrong version number');
  const reply: Reply | undefined = isApi
    ? { status: 403, type: 'application/json', body: FORBIDDEN, server: 'kubernetes' }
    : await replyOf(context, meeting.program.name, meeting.pod, path);
  if (!reply) return fail(1, 'Received HTTP/0.9 when not allowed');
  if (reply.status >= 400 && has(/^(-[a-zA-Z]*f|--fail)/))
    return fail(22, `The requested URL returned error: ${reply.status}`);
  const head = `HTTP/1.1 ${reply.status} ${STATUS[reply.status] ?? ''}\r\nServer: ${reply.server}\r\nDate: ${new Date(shell.container.now()).toUTCString()}\r\nContent-Type: ${reply.type}\r\nContent-Length: ${reply.body.length}\r\nConnection: keep-alive\r\n\r\n`;
  const isHead = has(/^(-[a-zA-Z]*I|--head)$/);
  const text = `${isHead || has(/^-[a-zA-Z]*i|--include$/) ? head : ''}${isHead ? '' : reply.body}`;
  const output = option('-o', '--output');
  if (has(/^(-o|--output)$/) && output) {
    if (output !== '/dev/null') await shell.files.writeFile(shell.resolve(output), text);
  } else await io.print(text);
  if (has(/^(-w|--write-out)$/))
    await io.print(
      (option('-w', '--write-out') ?? '')
        .replaceAll('%{http_code}', String(reply.status))
        .replaceAll('%{remote_ip}', meeting.address)
        .replaceAll('\\n', '\n'),
    );
  return 0;
};

const wget: Utility = async (context) => {
  const { args, io, task, shell } = context;
  const url = args.find((arg, index) => !arg.startsWith('-') && !/^-[OTt]$/.test(args[index - 1] ?? ''));
  if (!url) throw new Error('missing URL');
  const { host, port, path } = parseTarget(url);
  const isQuiet = args.some((arg) => /^-[a-zA-Z]*q/.test(arg));
  const at = args.findIndex((arg) => /^-[a-zA-Z]*O/.test(arg));
  const joined = args[at]?.replace(/^-[a-zA-Z]*O/, '');
  const file = at < 0 ? path.split('/').at(-1) || 'index.html' : joined || (args[at + 1] ?? '-');
  const meeting = meet(shell.container.instance, host, port);
  if (meeting.kind === 'unknown host') throw new Error(`bad address '${host}'`);
  if (!isQuiet) await io.complain(`Connecting to ${host} (${meeting.address}:${port})\n`);
  if (meeting.kind === 'timed out') {
    await task.during(shell.container.sleep(TIMEOUT_MS, task.signal));
    throw new Error('download timed out');
  }
  if (meeting.kind === 'refused') {
    await io.complain(`wget: can't connect to remote host (${meeting.address}): Connection refused\n`);
    return 1;
  }
  const reply =
    meeting.kind === 'program' ? await replyOf(context, meeting.program.name, meeting.pod, path) : undefined;
  if (!reply) throw new Error('error getting response');
  if (reply.status >= 400) {
    await io.complain(
      `wget: server returned error: HTTP/1.1 ${reply.status} ${STATUS[reply.status] ?? ''}\n`,
    );
    return 1;
  }
  if (file === '-') await io.print(reply.body);
  else if (file !== '/dev/null' && !args.includes('--spider')) {
    await shell.files.writeFile(shell.resolve(file), reply.body);
    if (!isQuiet) await io.complain(`saving to '${file}'\n'${file}' saved\n`);
  }
  return 0;
};

const nslookup: Utility = async ({ args, io, shell }) => {
  const name = args.find((arg) => !arg.startsWith('-')) ?? '';
  const addresses = lookUp(shell.container.instance, name);
  await io.print('Server:\t\t10.96.0.10\nAddress:\t10.96.0.10:53\n\n');
  if (addresses.length === 0) {
    await io.print(`** server can't find ${name}: NXDOMAIN\n\n`);
    return 1;
  }
  const { namespace } = shell.container.instance.context.pod;
  const full = name.includes('.') ? name : `${name}.${namespace}.svc.cluster.local`;
  await io.print(addresses.map((address) => `Name:\t${full}\nAddress: ${address}\n`).join(''));
  await io.print('\n');
  return 0;
};

const getent: Utility = async ({ args: [database, name = ''], io, shell }) => {
  const addresses = database === 'hosts' ? lookUp(shell.container.instance, name) : [];
  for (const address of addresses) await io.print(`${address.padEnd(15)} ${name}\n`);
  return addresses.length > 0 ? 0 : 2;
};

const ping: Utility = async ({ args, io, task, shell }) => {
  const { container } = shell;
  const host =
    args.find((arg, index) => !arg.startsWith('-') && !/^-[ciwW]$/.test(args[index - 1] ?? '')) ?? '';
  const count = Number(args[args.indexOf('-c') + 1]) || Number.POSITIVE_INFINITY;
  const [address] = lookUp(container.instance, host);
  if (!address) throw new Error(`bad address '${host}'`);
  await io.print(`PING ${host} (${address}): 56 data bytes\n`);
  const isReachable = meet(container.instance, address, 1).kind === 'refused';
  for (let sequence = 0; sequence < count; sequence++) {
    if (isReachable)
      await io.print(
        `64 bytes from ${address}: seq=${sequence} ttl=63 time=${(0.05 + container.random() * 0.2).toFixed(3)} ms\n`,
      );
    await task.during(container.sleep(1000, task.signal));
  }
  const received = isReachable ? count : 0;
  await io.print(
    `\n--- ${host} ping statistics ---\n${count} packets transmitted, ${received} packets received, ${isReachable ? 0 : 100}% packet loss\n`,
  );
  return isReachable ? 0 : 1;
};

const nc: Utility = async ({ args, io, shell }) => {
  const [host = '', port = ''] = args.filter(
    (arg, index) => !arg.startsWith('-') && args[index - 1] !== '-w',
  );
  const meeting = meet(shell.container.instance, host, Number(port));
  if (meeting.kind === 'unknown host') throw new Error(`bad address '${host}'`);
  const isOpen = meeting.kind === 'program' || meeting.kind === 'API server';
  if (isOpen && args.some((arg) => /v/.test(arg) && arg.startsWith('-')))
    await io.complain(`${host} (${meeting.address}:${port}) open\n`);
  if (!isOpen)
    await io.complain(
      `nc: ${host} (${meeting.address}:${port}): Connection ${meeting.kind === 'refused' ? 'refused' : 'timed out'}\n`,
    );
  return isOpen ? 0 : 1;
};

export const networkUtilities: Readonly<Record<string, Utility>> = {
  curl,
  wget,
  nslookup,
  getent,
  ping,
  nc,
  telnet: nc,
};
