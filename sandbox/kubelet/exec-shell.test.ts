import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ExecPods, startExecPods } from './exec-pods.js';

let pods: ExecPods;
beforeAll(async () => {
  pods = await startExecPods();
});
afterAll(() => pods.dispose());

describe('an interactive shell', () => {
  const open = (pod = 'web', shell = 'bash') => pods.start(pod, [shell], { tty: true, stdin: true });

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
    await pods.settle(() => true);
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
    await pods.settle(() => refreshes() >= 3);
    shell.type('x');
    const before = refreshes();
    await pods.settle(() => refreshes() > before);
    shell.type('q');
    shell.type('echo done\n');
    await shell.shows('\r\ndone\r\n');
    shell.process.kill();
  });

  it('ends with the pod', async () => {
    const shell = open('doomed', 'sh');
    await shell.shows('/ # ');
    pods.cluster.api.remove('pods', 'demo', 'doomed');
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
    while (!(await pods.run('web', 'ps')).stdout.includes('sleep 5'));
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
    expect((await pods.run('web', 'ls --color=auto /')).stdout).not.toContain('\u001b');
    shell.process.kill();
  });
});
