import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ExecPods, startExecPods } from './exec-pods.js';

let pods: ExecPods;
beforeAll(async () => {
  pods = await startExecPods();
});
afterAll(() => pods.dispose());

const run = (...command: string[]) => pods.start('web', command, { encoding: 'latin1' }).ends();
const sh = (script: string) => run('sh', '-c', script);

describe('files in a container', () => {
  it('pass the tools byte by byte', async () => {
    await sh("printf '\\377\\213\\000x\\351' > /tmp/bytes");
    for (const copy of ['gzip -c /tmp/bytes | gunzip', 'base64 /tmp/bytes | base64 -d', 'cat /tmp/bytes'])
      expect([copy, (await sh(copy)).stdout]).toEqual([copy, '\u00ff\u008b\0x\u00e9']);
    expect((await sh('echo é | sed s/é/è/')).stdout).toBe(Buffer.from('è\n').toString('latin1'));
    expect((await sh('ls -A /dev | grep output')).stdout).toBe('');
  });

  it('are archived with relative names, as kubectl cp wants them', async () => {
    const archive = await run('tar', 'cf', '-', '/etc/hostname');
    expect(archive.stderr).toBe("tar: Removing leading `/' from member names\n");
    expect(archive.stdout.slice(0, 13)).toBe('etc/hostname\0');
    await sh("mkdir -p /tmp/d; printf '\\377\\213\\000x' > /tmp/d/bin; tar czf /tmp/d.tgz -C /tmp d");
    expect((await sh('tar tzf /tmp/d.tgz')).stdout).toBe('d/\nd/bin\n');
    expect((await sh('mkdir /tmp/e; tar xzf /tmp/d.tgz -C /tmp/e; cat /tmp/e/d/bin')).stdout).toBe(
      '\u00ff\u008b\0x',
    );
  });

  it('are listed as coreutils list them', async () => {
    await sh('mkdir -p /tmp/l/dir; echo hello > /tmp/l/file');
    const time = '[A-Z][a-z]{2} [ \\d]\\d \\d\\d:\\d\\d';
    expect((await sh('ls -la /tmp/l')).stdout).toMatch(
      new RegExp(
        [
          '^total 16',
          `drwxr-xr-x \\d+ root root +4096 ${time} \\.`,
          `drwxr-xr-x \\d+ root root +4096 ${time} \\.\\.`,
          `drwxr-xr-x \\d+ root root +4096 ${time} dir`,
          `-rw-r--r-- \\d+ root root +6 ${time} file\n$`,
        ].join('\n'),
      ),
    );
    expect((await sh('ls -la /tmp/l')).stdout).not.toContain('Jan  1 00:00');
    expect((await sh('ls -lF /tmp/l')).stdout).toContain(' dir/\n');
    expect((await sh('ls /tmp/l')).stdout).toBe('dir\nfile\n');
  });

  it('tell of processes since when they run', async () => {
    const { stdout } = await sh('date +%H:%M; ps aux; date +%H:%M');
    const [before, ...table] = stdout.trim().split('\n');
    const start = table.find((line) => line.includes('ps aux'))?.split(/ +/)[8];
    expect([before, table.at(-1)]).toContain(start);
  });
});
