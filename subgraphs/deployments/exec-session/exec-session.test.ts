import { describe, expect, it, vi } from 'vitest';
import type { ExecEventValue } from './exec-reader.js';
import { ExecSession, replayBytes } from './exec-session.js';

function session() {
  const time = { now: 1_000 };
  const socket = {
    pause: vi.fn(),
    resume: vi.fn(),
    write: vi.fn(async () => undefined),
    canCloseInput: true,
    closeInput: vi.fn(() => true),
    resize: vi.fn(),
    close: vi.fn(async () => ({ exitCode: null, reason: 'closed', error: null })),
    ended: new Promise<never>(() => undefined),
  };
  const made = new ExecSession(
    {
      id: 'exec_1',
      userId: 'user_1',
      serviceId: 'service_1',
      pod: 'web-1',
      container: 'web',
      command: ['sh'],
      tty: true,
      recorded: false,
    },
    { now: () => time.now },
  );
  void made.run(socket);
  return { session: made, socket, time };
}

const stdout = (bytes: Uint8Array) => ({ stream: 'STDOUT' as const, bytes });
const bytesOf = (event: ExecEventValue): Buffer =>
  event.type === 'OUTPUT' ? Buffer.from(event.dataBase64, 'base64') : Buffer.alloc(0);

async function take(events: AsyncIterableIterator<ExecEventValue>, count: number): Promise<ExecEventValue[]> {
  const taken: ExecEventValue[] = [];
  while (taken.length < count) taken.push((await events.next()).value as ExecEventValue);
  return taken;
}

describe('an exec session', () => {
  it('says first that it started, then the banner, then the output, then how it ended', async () => {
    const { session: shell } = session();
    const events = shell.attach({ banner: Buffer.from('Welcome to Meridian\r\n'), replay: false });
    shell.output(stdout(Buffer.from('$ ')));
    shell.finish({ exitCode: 3, reason: 'exited', error: null });
    shell.tellEnd();
    const all = await take(events, 4);
    expect(all.map(({ type }) => type)).toEqual(['STARTED', 'OUTPUT', 'OUTPUT', 'EXITED']);
    expect(all[3]).toEqual({ type: 'EXITED', exitCode: 3, reason: 'exited' });
    expect((await events.next()).done).toBe(true);
  });

  it('keeps every byte, and calls whole UTF-8 text', async () => {
    const { session: shell } = session();
    const events = shell.attach({ replay: false });
    const all = Uint8Array.from({ length: 256 }, (_, index) => index);
    shell.output(stdout(all));
    shell.output(stdout(Buffer.from('ü').subarray(0, 1)));
    shell.output(stdout(Buffer.from('grün')));
    const [, first, half, whole] = (await take(events, 4)) as [
      ExecEventValue,
      ExecEventValue,
      ExecEventValue,
      ExecEventValue,
    ];
    expect(bytesOf(first)).toEqual(Buffer.from(all));
    expect(half).toMatchObject({ text: null });
    expect(whole).toMatchObject({ text: 'grün' });
  });

  it('holds the process back while its reader is slow', async () => {
    const { session: shell, socket } = session();
    const events = shell.attach({ replay: false });
    for (let i = 0; i < 10; i++) shell.output(stdout(Buffer.alloc(32 * 1024)));
    expect(socket.pause).toHaveBeenCalledTimes(1);
    await take(events, 11);
    expect(socket.resume).toHaveBeenCalledTimes(1);
  });

  it('knows since when nobody reads, and shows who comes back the last output', async () => {
    const { session: shell, time } = session();
    const events = shell.attach({ replay: false });
    expect(shell.detachedAt).toBeNull();
    shell.output(stdout(Buffer.from('before ')));
    time.now = 2_000;
    await events.return?.();
    expect(shell.detachedAt).toBe(2_000);
    shell.output(stdout(Buffer.from('meanwhile')));
    const again = shell.attach({ replay: true });
    const [started, output] = await take(again, 2);
    expect(started?.type).toBe('STARTED');
    expect(bytesOf(output as ExecEventValue).toString()).toBe('before meanwhile');
    expect(shell.detachedAt).toBeNull();
  });

  it('keeps the last output only, to the byte', async () => {
    const { session: shell } = session();
    const everything = Buffer.from(Array.from({ length: 200_000 }, (_, index) => index % 251));
    for (let at = 0; at < everything.length; at += 777) {
      shell.output(stdout(everything.subarray(at, at + 777)));
    }
    const events = shell.attach({ replay: true });
    let replayed = Buffer.alloc(0);
    await events.next();
    while (replayed.length < replayBytes) {
      replayed = Buffer.concat([replayed, bytesOf((await events.next()).value as ExecEventValue)]);
    }
    expect(replayed.equals(everything.subarray(-replayBytes))).toBe(true);
  });

  it('says why it was closed, and that a process whose end was not reported may still run', () => {
    const { session: shell } = session();
    void shell.close('Nothing was typed or printed for 30 min');
    expect(shell.finish({ exitCode: null, reason: 'closed by Meridian', error: null }).reason).toBe(
      'Nothing was typed or printed for 30 min; the process was told to end and may still run',
    );
    const { session: other } = session();
    void other.close('Closed by its owner');
    expect(other.finish({ exitCode: 0, reason: 'exited with code 0', error: null }).reason).toBe(
      'Closed by its owner',
    );
  });

  it('has one reader at a time', async () => {
    const { session: shell } = session();
    const first = shell.attach({ replay: false });
    shell.attach({ replay: true });
    expect((await take(first, 2)).map(({ type }) => type)).toEqual(['STARTED', 'EXITED']);
  });
});
