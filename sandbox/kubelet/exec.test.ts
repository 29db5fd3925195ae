import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Stopwatch } from '../../test/kit/stopwatch.js';
import { type ExecPods, startExecPods } from './exec-pods.js';
import { readCapture } from './simulated-cluster.js';

let pods: ExecPods;
beforeAll(async () => {
  pods = await startExecPods();
});
afterAll(() => pods.dispose());

describe('a command without a terminal', () => {
  it('keeps the streams apart and gives the exit code', async () => {
    expect(await pods.run('box', 'echo out; echo err >&2; exit 7')).toEqual({
      stdout: 'out\n',
      stderr: 'err\n',
      exit: { code: 7 },
    });
  });

  it('says in the words of the image that a command is not there', async () => {
    expect(await pods.run('box', 'nosuchcmd')).toEqual({
      stdout: '',
      stderr: 'sh: nosuchcmd: not found\n',
      exit: { code: 127 },
    });
  });

  it('gives output as it is written', async () => {
    const { seen, shows, process } = pods.start('box', [
      'sh',
      '-c',
      'while true; do echo tick; sleep 0.3; done',
    ]);
    await shows('tick\ntick\n');
    expect(seen.exit).toBeUndefined();
    process.kill();
    expect(seen.exit).toEqual({ code: 137 });
  });

  it('passes standard input on as it comes', async () => {
    const { seen, type, shows, process, ends } = pods.start('box', ['cat'], { stdin: true });
    type('first line\n');
    await shows('first line\n');
    type('second, no newline');
    process.endInput();
    await ends();
    expect(seen).toEqual({ stdout: 'first line\nsecond, no newline', stderr: '', exit: { code: 0 } });
  });

  it('reads standard input to its end', async () => {
    const { type, process, ends } = pods.start('box', ['wc', '-c'], { stdin: true });
    type('x'.repeat(500));
    process.endInput();
    expect((await ends()).stdout.trim()).toBe('500');
  });

  it('reads a script from standard input', async () => {
    const { type, process, ends } = pods.start('box', ['sh'], { stdin: true });
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
    expect((await pods.run('box', script)).stdout).toBe('HI\nf 1\ng 2\n1\n3\nb-a\nd-c\n2\n');
  });

  it('has the environment of the pod, from values, ConfigMaps, Secrets and fields', async () => {
    const { stdout } = await pods.run('box', 'env');
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
    expect((await pods.run('box', script)).stdout).toBe('colour=blue\nbox\ndemo');
    expect((await pods.run('web', 'head -1 /etc/os-release; nginx -v; ls /etc/nginx')).stdout).toContain(
      'Debian',
    );
  });

  it('keeps files between two commands in the same container', async () => {
    await pods.run('web', 'echo kept > /tmp/file');
    expect((await pods.run('web', 'cat /tmp/file')).stdout).toBe('kept\n');
  });

  it('lists the processes of the program', async () => {
    expect((await pods.run('web', 'ps')).stdout).toContain('nginx: master process');
  });

  it.each(['python3', 'js-exec', 'sqlite3', 'nc'])('cannot leave the simulation through %s', async (name) => {
    expect((await pods.run('web', `${name} -c 1`)).exit).toEqual({ code: 127 });
  });

  it.each([
    'while :; do :; done',
    'while true; do echo; done >/dev/null',
    'f() { f2; }; f2() { :; }; while f; do f; done',
    'yes >/dev/null',
    'cat /dev/zero >/dev/null',
    'until false; do x=$(echo $x); done',
  ])('can run for ever and lets others run meanwhile: %s', async (script) => {
    const endless = pods.start('box', ['sh', '-c', script]);
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
    expect((await pods.run('box', 'kill -9 $$')).exit).toEqual({ code: 137 });
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
    const { exit } = await pods.start(pod, command).ends();
    expect(exit && 'error' in exit && exit.error.replace(/[0-9a-f]{64}/, 'ID')).toBe(real);
  });

  it('has no shell in an image without one', async () => {
    const { exit } = await pods.start('bare', ['sh']).ends();
    expect(exit && 'error' in exit && exit.error).toContain('exec: "sh": executable file not found in $PATH');
  });

  it('is refused while the container does not run', () => {
    const pod = { ...pods.podOf('box'), metadata: { ...pods.podOf('box').metadata, uid: 'other' } };
    const attempt = () =>
      pods.cluster.runtime.exec(pod, 'main', { command: ['true'], tty: false, stdin: false });
    expect(attempt).toThrow('container not found ("main")');
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
    const seen = await pods.run('box', script);
    expect([seen.stdout, seen.exit, seen.stderr.replace(/.*Read-only.*\n/, '')]).toEqual([
      stdout,
      { code },
      '',
    ]);
  });

  it('writes bytes as bytes', async () => {
    const bytes: number[] = [];
    const { process, ends } = pods.start('box', ['printf', '\\377\\000\\001x']);
    process.onOutput((_stream, piece) => bytes.push(...piece));
    await ends();
    expect(bytes).toEqual([255, 0, 1, 120]);
  });

  it('waits for a reader that is behind', async () => {
    const { process, seen } = pods.start('box', ['yes']);
    await pods.settle(() => seen.stdout.length > 100_000);
    process.pause();
    const size = seen.stdout.length;
    for (let round = 0; round < 50; round++) await new Promise((resolve) => setImmediate(resolve));
    expect(seen.stdout.length).toBe(size);
    process.resume();
    await pods.settle(() => seen.stdout.length > size + 1_000_000);
    process.kill();
  });
});
