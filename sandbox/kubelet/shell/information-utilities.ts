import { toNumber } from '../../controllers/quantity.js';
import type { Utility, UtilityContext } from './utility.js';

const NODE_MEMORY_KB = 33_554_432;

const say =
  (text: (context: UtilityContext) => string, code = 0): Utility =>
  async (context) => {
    await context.io.print(text(context));
    return code;
  };

const sizeOf = ({ shell }: UtilityContext) => shell.terminal?.size ?? { columns: 80, rows: 24 };

function uname({ args, shell }: UtilityContext): string {
  const host = shell.container.podName;
  const parts: Record<string, string> = {
    s: 'Linux',
    n: host,
    r: '6.1.0-sandbox',
    v: '#1 SMP PREEMPT_DYNAMIC',
    m: 'x86_64',
    o: 'GNU/Linux',
  };
  const flags = args.join('').replaceAll('-', '') || 's';
  const wanted = flags.includes('a')
    ? 'snrvmo'
    : [...'snrvmo'].filter((flag) => flags.includes(flag)).join('');
  return `${[...wanted].map((flag) => parts[flag]).join(' ')}\n`;
}

function free(context: UtilityContext): string {
  const { args, shell } = context;
  const total = NODE_MEMORY_KB;
  const used = 9_437_184 + Math.floor(shell.container.random() * 100_000);
  const divisor = args.includes('-m') ? 1024 : args.includes('-g') ? 1_048_576 : 1;
  const cell = (kilobytes: number) =>
    (args.includes('-h')
      ? `${(kilobytes / 1_048_576).toFixed(1)}Gi`
      : String(Math.floor(kilobytes / divisor))
    ).padStart(12);
  const cached = 3_984_589;
  const head = '              total        used        free      shared  buff/cache   available';
  return `${head}\nMem:   ${cell(total)}${cell(used)}${cell(total - used - cached)}${cell(1024)}${cell(cached)}${cell(total - used)}\nSwap:  ${cell(0)}${cell(0)}${cell(0)}\n`;
}

function df({ args, shell }: UtilityContext): string {
  const { spec, host } = shell.container.instance;
  const isHuman = args.some((arg) => /^-[a-zA-Z]*h/.test(arg));
  const size = (kilobytes: number) =>
    isHuman ? `${(kilobytes / 1_048_576).toFixed(1)}G` : String(kilobytes);
  const row = (device: string, total: number, used: number, place: string) =>
    `${device.padEnd(20)} ${size(total).padStart(9)} ${size(used).padStart(9)} ${size(total - used).padStart(9)} ${`${Math.ceil((used / total) * 100)}%`.padStart(4)} ${place}\n`;
  const volumes: any[] = host.pod['spec'].volumes ?? [];
  const mounts = (spec.volumeMounts ?? []).map(({ name, mountPath }: any) => {
    const volume = volumes.find((each) => each.name === name) ?? {};
    if (volume.persistentVolumeClaim) {
      const claim = host.api.get(
        'persistentvolumeclaims',
        host.pod.metadata.namespace,
        volume.persistentVolumeClaim.claimName,
      );
      const bytes = toNumber(claim?.['status']?.capacity?.storage) || 10 * 2 ** 30;
      return row('/dev/sdb', Math.floor(bytes / 1024), Math.floor(bytes / 16_384), mountPath);
    }
    return volume.emptyDir
      ? row('/dev/sda1', 104_857_600, 18_874_368, mountPath)
      : row('tmpfs', 16_777_216, 12, mountPath);
  });
  const head = `Filesystem           ${isHuman ? '     Size' : '1K-blocks'}      Used Available Use% Mounted on\n`;
  return (
    head + row('overlay', 104_857_600, 18_874_368, '/') + row('tmpfs', 65_536, 0, '/dev') + mounts.join('')
  );
}

function stty(context: UtilityContext): string {
  const { rows, columns } = sizeOf(context);
  const [what] = context.args;
  if (what === 'size') return `${rows} ${columns}\n`;
  if (what === undefined || what === '-a')
    return `speed 38400 baud; rows ${rows}; columns ${columns}; line = 0;\nintr = ^C; quit = ^\\; erase = ^?; kill = ^U; eof = ^D; susp = ^Z;\nisig icanon iexten echo echoe echok\n`;
  return '';
}

function tput(context: UtilityContext): string {
  const { rows, columns } = sizeOf(context);
  const [what = '', number] = context.args;
  const answers: Record<string, string> = {
    cols: `${columns}\n`,
    lines: `${rows}\n`,
    colors: '8\n',
    clear: '\u001b[H\u001b[J',
    bold: '\u001b[1m',
    rev: '\u001b[7m',
    sgr0: '\u001b[m',
    setaf: `\u001b[3${number}m`,
    setab: `\u001b[4${number}m`,
  };
  return answers[what] ?? '';
}

const two = (value: number): string => String(value).padStart(2, '0');

function uptime({ shell }: UtilityContext): string {
  const { startedAt } = shell.container.instance;
  const minutes = Math.floor((shell.container.now() - startedAt) / 60_000) + 17_464;
  const now = new Date(shell.container.now());
  const clock = `${two(now.getUTCHours())}:${two(now.getUTCMinutes())}:${two(now.getUTCSeconds())}`;
  return ` ${clock} up ${Math.floor(minutes / 1440)} days, ${String(Math.floor(minutes / 60) % 24).padStart(2)}:${two(minutes % 60)},  load average: 0.12, 0.09, 0.05\n`;
}

const offline: Utility = async ({ name, args, io }) => {
  const isUpgrade = /^(update|upgrade|install|add|fetch)$/.test(
    args.find((arg) => !arg.startsWith('-')) ?? '',
  );
  if (!isUpgrade) {
    await io.print(`${name}: this image belongs to a simulated cluster\n`);
    return 0;
  }
  if (name === 'apk') {
    await io.complain(
      'fetch https://dl-cdn.alpinelinux.org/alpine/v3.22/main/x86_64/APKINDEX.tar.gz\nWARNING: fetching https://dl-cdn.alpinelinux.org/alpine/v3.22/main: temporary error (try again later)\nERROR: unable to select packages: no network in this sandbox\n',
    );
    return 1;
  }
  await io.complain(
    "Err:1 http://deb.debian.org/debian bookworm InRelease\n  Temporary failure resolving 'deb.debian.org'\nE: Unable to fetch some archives: no network in this sandbox\n",
  );
  return 100;
};

const which: Utility = async ({ args, io, shell }) => {
  let code = 0;
  for (const name of args) {
    const place = await shell.programs.locate(shell, name);
    if (place) await io.print(`${place}\n`);
    else code = 1;
  }
  return code;
};

const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

const date: Utility = async ({ args, io, shell }) => {
  const given = args[args.indexOf('-d') + 1];
  const asked =
    args.includes('-d') && given
      ? given.startsWith('@')
        ? Number(given.slice(1)) * 1000
        : Date.parse(given)
      : shell.container.now();
  if (Number.isNaN(asked)) throw new Error(`invalid date '${given}'`);
  const time = new Date(asked);
  const two = (value: number) => String(value).padStart(2, '0');
  const values: Record<string, string> = {
    Y: String(time.getUTCFullYear()),
    y: two(time.getUTCFullYear() % 100),
    m: two(time.getUTCMonth() + 1),
    d: two(time.getUTCDate()),
    e: String(time.getUTCDate()).padStart(2),
    H: two(time.getUTCHours()),
    M: two(time.getUTCMinutes()),
    S: two(time.getUTCSeconds()),
    N: `${String(time.getUTCMilliseconds()).padStart(3, '0')}000000`,
    s: String(Math.floor(asked / 1000)),
    a: DAYS[time.getUTCDay()] ?? '',
    b: MONTHS[time.getUTCMonth()] ?? '',
    j: String(Math.floor((asked - Date.UTC(time.getUTCFullYear(), 0)) / 86_400_000) + 1).padStart(3, '0'),
    u: String(time.getUTCDay() || 7),
    Z: 'UTC',
    z: '+0000',
    n: '\n',
    t: '\t',
    '%': '%',
  };
  const LONG: Record<string, string> = {
    F: '%Y-%m-%d',
    T: '%H:%M:%S',
    D: '%m/%d/%y',
    R: '%H:%M',
    c: '%a %b %e %T %Y',
  };
  const expand = (format: string): string =>
    format.replaceAll(/%-?([A-Za-z%])/g, (all, letter) =>
      LONG[letter] ? expand(LONG[letter]) : (values[letter] ?? all),
    );
  const iso = args.some((arg) => /^-I(seconds|s)?$|^--iso/.test(arg)) ? '%Y-%m-%dT%H:%M:%S+00:00' : undefined;
  await io.print(
    `${expand(args.find((arg) => arg.startsWith('+'))?.slice(1) ?? iso ?? '%a %b %e %H:%M:%S UTC %Y')}\n`,
  );
  return 0;
};

const printenv: Utility = async ({ args, io, environment }) => {
  const wanted = args.length > 0 ? args : Object.keys(environment);
  for (const name of wanted)
    if (environment[name] !== undefined)
      await io.print(args.length > 0 ? `${environment[name]}\n` : `${name}=${environment[name]}\n`);
  return args.every((name) => environment[name] !== undefined) ? 0 : 1;
};

export const informationUtilities: Readonly<Record<string, Utility>> = {
  hostname: say(({ args, shell }) => {
    const { pod } = shell.container.instance.context;
    return args.some((arg) => /^-[iI]$/.test(arg)) ? `${pod.ip}\n` : `${pod.name}\n`;
  }),
  whoami: say(() => 'root\n'),
  id: say(({ args }) =>
    /^-[ug]$/.test(args[0] ?? '')
      ? '0\n'
      : args[0] === '-un'
        ? 'root\n'
        : 'uid=0(root) gid=0(root) groups=0(root)\n',
  ),
  uname: say(uname),
  nproc: say(() => '2\n'),
  uptime: say(uptime),
  free: say(free),
  df: say(df),
  mount: say(
    () =>
      'overlay on / type overlay (rw,relatime)\nproc on /proc type proc (rw,nosuid,nodev,noexec,relatime)\ntmpfs on /dev type tmpfs (rw,nosuid,size=65536k,mode=755)\n',
  ),
  stty: say(stty),
  tput: say(tput),
  reset: say(() => '\u001bc'),
  clear: say(() => '\u001b[H\u001b[J'),
  tty: say(({ io }) => (io.input.isTerminal ? '/dev/pts/0\n' : 'not a tty\n')),
  apk: offline,
  apt: offline,
  'apt-get': offline,
  dpkg: offline,
  which,
  date,
  printenv,
};
