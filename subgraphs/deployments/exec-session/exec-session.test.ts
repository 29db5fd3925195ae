import { describe, expect, it, vi } from 'vitest';
import { type ExecEventValue, ExecSession } from './exec-session.js';

function session() {
  const socket = {
    pause: vi.fn(),
    resume: vi.fn(),
    write: vi.fn(async () => undefined),
    resize: vi.fn(),
    close: vi.fn(async () => ({ exitCode: null, reason: 'closed', error: null })),
    ended: new Promise<never>(() => undefined),
  };
  const attached: boolean[] = [];
  const made = new ExecSession(
    {
      id: 'exec_1',
      userId: 'user_1',
      serviceId: 'service_1',
      pod: 'web-1',
      container: 'web',
      command: ['sh'],
      tty: true,
    },
    (value) => attached.push(value),
  );
  made.start(socket);
  return { session: made, socket, attached };
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

  it('tells when the reader leaves and shows who comes back the last output', async () => {
    const { session: shell, attached } = session();
    const events = shell.attach({ replay: false });
    shell.output(stdout(Buffer.from('before ')));
    await events.return?.();
    shell.output(stdout(Buffer.from('meanwhile')));
    const again = shell.attach({ replay: true });
    const [started, ...outputs] = await take(again, 3);
    expect(started?.type).toBe('STARTED');
    expect(outputs.map(bytesOf).join('')).toBe('before meanwhile');
    expect(attached).toEqual([true, false, true]);
  });

  it('has one reader at a time', async () => {
    const { session: shell } = session();
    const first = shell.attach({ replay: false });
    shell.attach({ replay: true });
    expect((await take(first, 2)).map(({ type }) => type)).toEqual(['STARTED', 'EXITED']);
  });
});
