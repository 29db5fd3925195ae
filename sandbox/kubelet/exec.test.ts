import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Stopwatch } from '../../test/kit/stopwatch.js';
import type { KubernetesObject } from '../storage/api.js';
import { PATIENCE_MS, readCapture, type SimulatedCluster, simulateCluster } from './simulated-cluster.js';

let cluster: SimulatedCluster;
const container = (name: string, image: string, extra: object = {}) => ({ name, image, ...extra });

beforeAll(async () => {
  cluster = simulateCluster({ pace: 0.01 });
  cluster.api.create('configmaps', {
    metadata: { name: 'settings', namespace: 'demo' },
    data: { 'app.conf': 'colour=blue\n' },
  });
  cluster.api.create('secrets', {
    metadata: { name: 'keys', namespace: 'demo' },
    stringData: { password: 's3cret' },
  });
  const pod = (name: string, spec: any) =>
    cluster.api.create('pods', {
      metadata: { name, namespace: 'demo' },
      spec: { terminationGracePeriodSeconds: 1, ...spec },
    });
  pod('box', {
    containers: [
      container('main', 'busybox:1.37', {
        command: ['sleep', 'infinity'],
        env: [
          { name: 'COLOUR', valueFrom: { configMapKeyRef: { name: 'settings', key: 'app.conf' } } },
          { name: 'PASSWORD', valueFrom: { secretKeyRef: { name: 'keys', key: 'password' } } },
          { name: 'GREETING', value: 'hello $(PASSWORD)' },
          { name: 'POD', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
        ],
        volumeMounts: [{ name: 'settings', mountPath: '/etc/settings' }],
      }),
    ],
    volumes: [{ name: 'settings', configMap: { name: 'settings' } }],
  });
  pod('doomed', { containers: [container('main', 'busybox:1.37', { command: ['sleep', '1000'] })] });
  pod('web', { containers: [container('nginx', 'nginx:1.27')] });
  pod('bare', { containers: [container('main', 'gcr.io/distroless/static:latest')] });
  await cluster.until(() => cluster.pods().every(({ status }) => status.phase === 'Running'));
});
afterAll(() => cluster.dispose());

const podOf = (name: string): KubernetesObject => {
  const pod = cluster.api.get('pods', 'demo', name);
  if (!pod) throw new Error(`there is no pod ${name}`);
  return pod;
};

/** Lets promises and the clock run until the condition holds. */
async function settle(condition: () => boolean): Promise<void> {
  const end = Date.now() + PATIENCE_MS;
  while (!condition()) {
    if (Date.now() > end) throw new Error('the condition did not come about');
    await cluster.clock.advance(5);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

function start(name: string, command: string[], options: { tty?: boolean; stdin?: boolean } = {}) {
  const { tty = false, stdin = false } = options;
  const pod = podOf(name);
  const process = cluster.runtime.exec(pod, pod['spec'].containers[0].name, { command, tty, stdin });
  const seen = {
    stdout: '',
    stderr: '',
    exit: undefined as { code: number } | { error: string } | undefined,
  };
  process.onOutput((stream, bytes) => {
    seen[stream] += Buffer.from(bytes).toString('utf8');
  });
  process.onExit((exit) => {
    seen.exit = exit;
  });
  return {
    process,
    seen,
    type: (text: string) => void process.write(Buffer.from(text)),
    shows: (text: string) => settle(() => seen.stdout.includes(text)),
    ends: async () => {
      await settle(() => seen.exit !== undefined);
      return seen;
    },
  };
}

const run = (name: string, script: string) => start(name, ['sh', '-c', script]).ends();

describe('a command without a terminal', () => {
  it('keeps the streams apart and gives the exit code', async () => {
    expect(await run('box', 'echo out; echo err >&2; exit 7')).toEqual({
      stdout: 'out\n',
      stderr: 'err\n',
      exit: { code: 7 },
    });
  });

  it('says in the words of the image that a command is not there', async () => {
    expect(await run('box', 'nosuchcmd')).toEqual({
      stdout: '',
      stderr: 'sh: nosuchcmd: not found\n',
      exit: { code: 127 },
    });
  });

  it('gives output as it is written', async () => {
    const { seen, shows, process } = start('box', ['sh', '-c', 'while true; do echo tick; sleep 0.3; done']);
    await shows('tick\ntick\n');
    expect(seen.exit).toBeUndefined();
    process.kill();
    expect(seen.exit).toEqual({ code: 137 });
  });

  it('passes standard input on as it comes', async () => {
    const { seen, type, shows, process, ends } = start('box', ['cat'], { stdin: true });
    type('first line\n');
    await shows('first line\n');
    type('second, no newline');
    process.endInput();
    await ends();
    expect(seen).toEqual({ stdout: 'first line\nsecond, no newline', stderr: '', exit: { code: 0 } });
  });

  it('reads standard input to its end', async () => {
    const { type, process, ends } = start('box', ['wc', '-c'], { stdin: true });
    type('x'.repeat(500));
    process.endInput();
    expect((await ends()).stdout.trim()).toBe('500');
  });

  it('reads a script from standard input', async () => {
    const { type, process, ends } = start('box', ['sh'], { stdin: true });
    type('for i in 1 2\ndo\n  echo $i\ndone\nexit 4\n');
    process.endInput();
    expect(await ends()).toEqual({ stdout: '1\n2\n', stderr: '', exit: { code: 4 } });
  });

  it('works through pipes, redirections, loops and functions', async () => {
    const script = [
      'x=$(echo hi); echo $x | tr a-z A-Z',
      'f() { echo "f $1"; }; f 1; f 2 | sed s/f/g/',
      'for i in 1 2 3; do [ $i = 2 ] && continue; echo $i; done > /tmp/list; cat /tmp/list',
      'printf "a b\\nc d\\n" | while read first rest; do echo "$rest-$first"; done',
      'cat <<END | wc -l\none\ntwo\nEND',
    ].join('\n');
    expect((await run('box', script)).stdout).toBe('HI\nf 1\ng 2\n1\n3\nb-a\nd-c\n2\n');
  });

  it('has the environment of the pod, from values, ConfigMaps, Secrets and fields', async () => {
    const { stdout } = await run('box', 'env');
    expect(stdout.split('\n')).toEqual(
      expect.arrayContaining([
        'COLOUR=colour=blue',
        'PASSWORD=s3cret',
        'GREETING=hello s3cret',
        'POD=box',
        'HOSTNAME=box',
      ]),
    );
  });

  it('has the mounted files and those of the image', async () => {
    const script =
      'cat /etc/settings/app.conf /etc/hostname; cat /var/run/secrets/kubernetes.io/serviceaccount/namespace';
    expect((await run('box', script)).stdout).toBe('colour=blue\nbox\ndemo');
    expect((await run('web', 'head -1 /etc/os-release; nginx -v; ls /etc/nginx')).stdout).toContain('Debian');
  });

  it('keeps files between two commands in the same container', async () => {
    await run('web', 'echo kept > /tmp/file');
    expect((await run('web', 'cat /tmp/file')).stdout).toBe('kept\n');
  });

  it('lists the processes of the program', async () => {
    expect((await run('web', 'ps')).stdout).toContain('nginx: master process');
  });

  it.each(['python3', 'js-exec', 'sqlite3', 'nc'])('cannot leave the simulation through %s', async (name) => {
    expect((await run('web', `${name} -c 1`)).exit).toEqual({ code: 127 });
  });

  it.each([
    'while :; do :; done',
    'while true; do echo; done >/dev/null',
    'f() { f2; }; f2() { :; }; while f; do f; done',
    'yes >/dev/null',
    'cat /dev/zero >/dev/null',
    'until false; do x=$(echo $x); done',
  ])('can run for ever and lets others run meanwhile: %s', async (script) => {
    const endless = start('box', ['sh', '-c', script]);
    let longest = 0;
    for (let round = 0; round < 20; round++) {
      const watch = new Stopwatch();
      await new Promise((resolve) => setImmediate(resolve));
      longest = Math.max(longest, watch.seconds);
    }
    expect(longest).toBeLessThan(0.15);
    expect(endless.seen.exit).toBeUndefined();
    endless.process.kill();
    expect(endless.seen.exit).toEqual({ code: 137 });
  });

  it('can kill itself', async () => {
    expect((await run('box', 'kill -9 $$')).exit).toEqual({ code: 137 });
  });
});

describe('a command that cannot be started', () => {
  it.each([
    ['command not found', 'box', ['nosuchcmd']],
    ['not executable', 'box', ['/etc/passwd']],
    ['no command', 'box', []],
  ])('gives the recorded error: %s', async (note, pod, command) => {
    const exchange = readCapture('10-exec').exchanges.find((each) => each.note === note);
    const text: string = exchange.frames.find(({ channel }: any) => channel === 3).text;
    const real = JSON.parse(text)
      .message.replace(/.*error executing command in container: /, '')
      .replace(/[0-9a-f]{64}/, 'ID');
    const { exit } = await start(pod, command).ends();
    expect(exit && 'error' in exit && exit.error.replace(/[0-9a-f]{64}/, 'ID')).toBe(real);
  });

  it('has no shell in an image without one', async () => {
    const { exit } = await start('bare', ['sh']).ends();
    expect(exit && 'error' in exit && exit.error).toContain('exec: "sh": executable file not found in $PATH');
  });

  it('is refused while the container does not run', () => {
    const pod = { ...podOf('box'), metadata: { ...podOf('box').metadata, uid: 'other' } };
    const attempt = () => cluster.runtime.exec(pod, 'main', { command: ['true'], tty: false, stdin: false });
    expect(attempt).toThrow('container not found ("main")');
  });
});

describe('an interactive shell', () => {
  const open = (pod = 'web', shell = 'bash') => start(pod, [shell], { tty: true, stdin: true });

  it('greets, prompts, echoes and answers', async () => {
    const shell = open('box', 'sh');
    await shell.shows('/ # ');
    shell.type('echo $((6 * 7))\n');
    await shell.shows('42\r\n/ # ');
    expect(shell.seen.stdout).toContain('echo $((6 * 7))\r\n42\r\n');
    expect(shell.seen.stderr).toBe('');
    shell.process.kill();
  });

  it('knows the size of the terminal, also after it changes', async () => {
    const shell = open();
    shell.process.resize(100, 30);
    shell.type('stty size\n');
    await shell.shows('30 100\r\n');
    shell.process.resize(132, 43);
    shell.type('stty size; echo $COLUMNS $LINES; tput cols\n');
    await shell.shows('43 132\r\n132 43\r\n132\r\n');
    shell.process.kill();
  });

  it('keeps directory, variables and functions from line to line', async () => {
    const shell = open();
    shell.type('cd /etc/nginx; colour=green\nhello() { echo "hello $1"; }\nhello $colour; pwd\n');
    await shell.shows('hello green\r\n/etc/nginx\r\nroot@web:/etc/nginx# ');
    shell.process.kill();
  });

  it('asks for the rest of an unfinished command', async () => {
    const shell = open();
    shell.type('if true; then\n');
    await shell.shows('> ');
    shell.type('echo yes\nfi\n');
    await shell.shows('yes\r\n');
    shell.process.kill();
  });

  it('edits the line with backspace and arrows, and recalls earlier lines', async () => {
    const shell = open();
    await shell.shows('# ');
    shell.type('echx\u007fo  one\u001b[D\u001b[D\u001b[Dtw\u001b[C\u001b[C\u001b[C\r');
    await shell.shows('\r\ntwone\r\n');
    shell.type('echo second\r');
    await shell.shows('\r\nsecond\r\n');
    shell.seen.stdout = '';
    shell.type('\u001b[A\u001b[A\r');
    await shell.shows('\r\ntwone\r\n');
    shell.process.kill();
  });

  it('interrupts a command with Ctrl-C and goes on', async () => {
    const shell = open();
    shell.type('while true; do echo busy; sleep 1; done\n');
    await shell.shows('busy\r\nbusy\r\n');
    shell.type('\u0003');
    await shell.shows('^C\r\n');
    shell.type('echo $?\n');
    await shell.shows('130\r\n');
    shell.process.kill();
  });

  it('clears the screen with Ctrl-L and keeps the line', async () => {
    const shell = open();
    await shell.shows('# ');
    shell.type('echo ab\u000cc\r');
    await shell.shows('\u001b[H\u001b[J');
    await shell.shows('\r\nabc\r\n');
    shell.process.kill();
  });

  it('ends with the code of exit', async () => {
    const shell = open();
    shell.type('exit 3\n');
    expect((await shell.ends()).exit).toEqual({ code: 3 });
  });

  it('ends with Ctrl-D, with the code of the last command', async () => {
    const shell = open();
    shell.type('false\n');
    await shell.shows('false\r\nroot@web');
    shell.type('\u0004');
    expect((await shell.ends()).exit).toEqual({ code: 1 });
  });

  it('lets a command read what is typed, until Ctrl-D', async () => {
    const shell = open();
    shell.type('cat\n');
    await shell.shows('cat\r\n');
    await settle(() => true);
    shell.type('typed\n');
    await shell.shows('typed\r\ntyped\r\n');
    shell.type('\u0004echo after\n');
    await shell.shows('\r\nafter\r\n');
    shell.process.kill();
  });

  it('shows top until it is interrupted', async () => {
    const shell = open();
    shell.type('top\n');
    await shell.shows('nginx: master process');
    shell.type('\u0003echo done\n');
    await shell.shows('\r\ndone\r\n');
    shell.process.kill();
  });

  it('leaves top with q, also after it has refreshed and was given other keys', async () => {
    const shell = open();
    shell.type('top\n');
    const refreshes = () => shell.seen.stdout.split('Load average').length - 1;
    await settle(() => refreshes() >= 3);
    shell.type('x');
    const before = refreshes();
    await settle(() => refreshes() > before);
    shell.type('q');
    shell.type('echo done\n');
    await shell.shows('\r\ndone\r\n');
    shell.process.kill();
  });

  it('ends with the pod', async () => {
    const shell = open('doomed', 'sh');
    await shell.shows('/ # ');
    cluster.api.remove('pods', 'demo', 'doomed');
    expect((await shell.ends()).exit).toEqual({ code: 137 });
  });

  it('interrupts an endless loop at once', async () => {
    const shell = open();
    await shell.shows('# ');
    for (const script of [
      'while true; do :; done',
      'yes',
      'sleep 1000',
      'cat | cat',
      '(while :; do :; done)',
      'x=$(sleep 9999)',
    ]) {
      shell.seen.stdout = '';
      shell.type(`${script}\n`);
      await shell.shows('\r\n');
      shell.type('\u0003');
      await shell.shows('^C\r\n');
      shell.type('echo code $?\n');
      await shell.shows('code 130\r\n');
    }
    shell.process.kill();
  });

  it('completes commands and files, and moves by words', async () => {
    const shell = open();
    await shell.shows('# ');
    shell.type('cat /etc/hostn\t\n');
    await shell.shows('\r\nweb\r\n');
    shell.type('hostna\t\n');
    await shell.shows('hostname \u001b[J\r\nweb\r\n');
    shell.type('ls /etc/ngi\t\t');
    await shell.shows('conf.d/');
    shell.type('\u0015echo one three\u001bbtwo \r');
    await shell.shows('\r\none two three\r\n');
    shell.process.kill();
  });

  it('finds earlier lines with Ctrl-R', async () => {
    const shell = open();
    await shell.shows('# ');
    shell.type('echo apple\necho banana\n');
    await shell.shows('\r\nbanana\r\n');
    shell.seen.stdout = '';
    shell.type('\u0012app\r');
    await shell.shows('\r\napple\r\n');
    shell.process.kill();
  });

  it('stops a command with Ctrl-Z and takes it up again', async () => {
    const shell = open();
    await shell.shows('# ');
    shell.type('sleep 5\n');
    while (!(await run('web', 'ps')).stdout.includes('sleep 5'));
    shell.type('\u001a');
    await shell.shows('[1]+  Stopped');
    shell.type('jobs; fg; echo code $?\n');
    await shell.shows('code 0\r\n');
    shell.process.kill();
  });

  it('runs jobs in the background and tells their end', async () => {
    const shell = open();
    await shell.shows('# ');
    shell.type('sleep 0.2 &\n');
    await shell.shows('[1] ');
    shell.type('wait; echo waited\n');
    await shell.shows('\r\nwaited\r\n');
    shell.type('sleep 1000 & sleep 0.01; kill %1; wait $!; echo code $?\n');
    await shell.shows('code 143\r\n');
    shell.process.kill();
  });

  it('pages with less and edits with vi', async () => {
    const shell = open();
    shell.process.resize(80, 10);
    await shell.shows('# ');
    shell.type('seq 1 50 | less\n');
    await shell.shows('\r\n9\r\n');
    shell.seen.stdout = '';
    shell.type(' ');
    await shell.shows('\r\n18\r\n');
    shell.type('q');
    await shell.shows('# ');
    shell.type('vi /tmp/note\n');
    await shell.shows('~');
    shell.type('ihello\u001b:wq\r');
    await shell.shows('# ');
    shell.seen.stdout = '';
    shell.type('cat /tmp/note\n');
    await shell.shows('\r\nhello\r\n');
    shell.process.kill();
  });

  it('shows a prompt of its own, and colours on a terminal only', async () => {
    const shell = open();
    shell.type("PS1='\\[\\e[32m\\]\\u@\\h:\\w\\$ \\[\\e[0m\\]'\n");
    await shell.shows('\u001b[32mroot@web:/# ');
    shell.type('ls --color=auto /\n');
    await shell.shows('\u001b[1;34metc\u001b[m');
    expect((await run('web', 'ls --color=auto /')).stdout).not.toContain('\u001b');
    shell.process.kill();
  });
});

describe('a script', () => {
  it.each([
    ['trap "echo bye" EXIT; echo hi', 'hi\nbye\n', 0],
    ['trap "echo got; exit 3" TERM; kill -TERM $$; echo not reached', 'got\n', 3],
    ['sleep 100 & kill $!; wait $!; echo $?', '143\n', 0],
    ['(sleep 0.01; echo later) & echo now; wait', 'now\nlater\n', 0],
    ['yes | head -n 2', 'y\ny\n', 0],
    ['i=0; while [ $i -lt 3 ]; do i=$((i+1)); done; echo $i', '3\n', 0],
    ['for i in 1 2 3; do if [ $i -eq 2 ]; then break; fi; echo $i; done', '1\n', 0],
    ['set -e; false; echo not reached', '', 1],
    ['set -- a "b c"; for x in "$@"; do echo "<$x>"; done; echo $#', '<a>\n<b c>\n2\n', 0],
    ['x=abc.tar.gz; echo ${x%.gz} ${x%%.*} ${x#*.} ${#x} ${y:-none}', 'abc.tar abc tar.gz 10 none\n', 0],
    ['case foo.txt in *.md) echo md;; *.txt|*.log) echo text;; esac', 'text\n', 0],
    ['f() { local a=1; return 4; }; f; echo $? ${a:-unset}', '4 unset\n', 0],
    ['printf "%s-%03d\\n" a 5 b 12', 'a-005\nb-012\n', 0],
    ['head -c 5 /dev/zero | tr "\\0" a', 'aaaaa', 0],
    ['echo a > /tmp/r; echo b >> /tmp/r; cat < /tmp/r; rm /tmp/r', 'a\nb\n', 0],
    ['{ echo out; echo err >&2; } 2>&1 | tr a-z A-Z', 'OUT\nERR\n', 0],
    ['cat <<EOF | sed s/x/y/\nx $((1+2)) $(echo sub)\nEOF', 'y 3 sub\n', 0],
    ['echo "a b" | while read x y; do echo "$y $x"; done', 'b a\n', 0],
    ['timeout 0.05 sleep 10; echo $?', '143\n', 0],
    ['echo 1 2 3 | xargs -n1 echo n', 'n 1\nn 2\nn 3\n', 0],
    ['exec 3>/tmp/three; echo x >&3; exec 3>&-; cat /tmp/three', 'x\n', 0],
    ['echo {a,b}{1..2}', 'a1 a2 b1 b2\n', 0],
    ['cd /etc && ls hostn*; ls /nonexistent 2>/dev/null || echo missing', 'hostname\nmissing\n', 0],
    ['sh -c "echo \\$0 \\$1" name arg; exit 9', 'name arg\n', 9],
    ['printf "#!/bin/sh\\necho script \\$1\\n" > /tmp/s; chmod +x /tmp/s; /tmp/s arg', 'script arg\n', 0],
    ['echo x > /etc/settings/app.conf; echo $?', '1\n', 0],
    ['kill -0 $$ && echo alive; kill -0 99999 2>/dev/null || echo none', 'alive\nnone\n', 0],
  ])('%s', async (script, stdout, code) => {
    const seen = await run('box', script);
    expect([seen.stdout, seen.exit, seen.stderr.replace(/.*Read-only.*\n/, '')]).toEqual([
      stdout,
      { code },
      '',
    ]);
  });

  it('writes bytes as bytes', async () => {
    const bytes: number[] = [];
    const { process, ends } = start('box', ['printf', '\\377\\000\\001x']);
    process.onOutput((_stream, piece) => bytes.push(...piece));
    await ends();
    expect(bytes).toEqual([255, 0, 1, 120]);
  });

  it('waits for a reader that is behind', async () => {
    const { process, seen } = start('box', ['yes']);
    await settle(() => seen.stdout.length > 100_000);
    process.pause();
    const size = seen.stdout.length;
    for (let round = 0; round < 50; round++) await new Promise((resolve) => setImmediate(resolve));
    expect(seen.stdout.length).toBe(size);
    process.resume();
    await settle(() => seen.stdout.length > size + 1_000_000);
    process.kill();
  });
});
