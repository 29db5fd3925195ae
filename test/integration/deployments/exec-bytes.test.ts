import { createHash, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SeededService } from '../../kit/seed.js';
import { type Stack, startStack } from '../../kit/stack.js';
import { type InputPlace, Terminal, typeAtOnce } from './exec-terminal.js';

let stack: Stack;
let service: SeededService;
beforeAll(async () => {
  stack = await startStack();
  service = await stack.seed.runningService({ spec: { replicas: 1 } });
});
afterAll(() => stack?.dispose());

const pieceBytes = 64 * 1024;

async function paste(terminal: Terminal, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length; at += pieceBytes) {
    const { userErrors } = await terminal.sendBytes(bytes.subarray(at, at + pieceBytes));
    expect(userErrors).toEqual([]);
  }
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

describe('what goes through a session', () => {
  it('comes out as it went in: all byte values, a megabyte of noise, characters torn apart (EX-1)', async () => {
    const cat = await Terminal.open(stack.admin, { serviceId: service.serviceId, command: ['cat'] });
    const sent = Buffer.concat([
      Buffer.from(Array.from({ length: 256 }, (_, value) => value)),
      Buffer.from('grün ☃ 🚀'),
      randomBytes(1024 * 1024),
    ]);
    const torn = Buffer.from('🚀');
    await cat.sendBytes(torn.subarray(0, 2));
    await cat.sendBytes(torn.subarray(2));
    const pasted = paste(cat, sent).then(() => cat.endInput());
    expect(await cat.ended()).toMatchObject({ exitCode: 0 });
    await pasted;
    expect(cat.output.equals(Buffer.concat([torn, sent]))).toBe(true);
  });

  it('waits for a container that does not read yet, and arrives in order (EX-3)', async () => {
    const bytes = randomBytes(10 * 1024 * 1024);
    const reader = await Terminal.open(stack.admin, {
      serviceId: service.serviceId,
      command: ['sh', '-c', 'sleep 3; sha256sum'],
    });
    await paste(reader, bytes);
    await reader.endInput();
    expect(await reader.ended()).toMatchObject({ exitCode: 0 });
    expect(reader.text).toContain(sha256(bytes));
  });

  it('is refused beyond a megabyte that waits, and what was accepted arrives', async () => {
    const reader = await Terminal.open(stack.admin, {
      serviceId: service.serviceId,
      command: ['sh', '-c', 'sleep 4; wc -c'],
    });
    const piece = Buffer.alloc(pieceBytes, 'x');
    // More at a time than may wait, and more together than what the network between takes.
    const answers: any[] = [];
    for (let wave = 0; wave < 8; wave++) {
      answers.push(...(await Promise.all(Array.from({ length: 20 }, () => reader.sendBytes(piece)))));
    }
    const accepted = answers.filter(({ userErrors }) => userErrors.length === 0).length;
    const refused = answers.filter(({ userErrors }) => userErrors[0]?.code === 'TOO_LARGE').length;
    expect(accepted + refused).toBe(answers.length);
    await reader.endInput();
    await reader.ended();
    expect(reader.text.trim()).toBe(String(accepted * pieceBytes));
  });

  it('is sized by the last of many sizes, and lives on after sizes that are none (EX-2)', async () => {
    const shell = await Terminal.open(stack.admin, { serviceId: service.serviceId });
    for (const [columns, rows] of [
      [0, 0],
      [65_536, 24],
      [80, -1],
    ] as const) {
      expect((await shell.resize(columns, rows)).userErrors).toMatchObject([{ code: 'BAD_USER_INPUT' }]);
    }
    for (let i = 0; i < 10; i++) {
      await Promise.all(Array.from({ length: 50 }, (_, j) => shell.resize(100 + j, 30)));
    }
    await shell.resize(132, 43);
    await shell.send('stty size\r');
    await shell.shows(/43 132/);
    await shell.close();
    await shell.ended();
  });

  it('begins with the banner when that is asked for', async () => {
    const shell = await Terminal.open(stack.admin, { serviceId: service.serviceId, banner: true });
    await shell.shows(/KUBE_POD=.*\r\n/);
    const { command, pod } = shell.started;
    expect(shell.text).toMatch(/^Welcome to Meridian\r\n/);
    expect(shell.text).toContain(
      `KUBE_COMMAND=${command.join(' ')}\r\nKUBE_NAMESPACE=${service.namespace}\r\nKUBE_POD=${pod}\r\n`,
    );
    await shell.close();
    await shell.leave();
  });

  it('is in the order of its numbers and there once, in whichever order and however often it came', async () => {
    const cat = await Terminal.open(stack.admin, { serviceId: service.serviceId, command: ['cat'] });
    const words = Array.from({ length: 40 }, (_, index) => `word ${index}\n`);
    const sends = words.map((word) => (place: InputPlace) => cat.send(word, place));
    await Promise.all([typeAtOnce(sends, 'a page'), typeAtOnce(sends.slice(0, 20), 'a page')]);
    // The end, and what comes before it afterwards.
    const [last, end] = [
      { writer: 'a page', sequence: 41 },
      { writer: 'a page', sequence: 42 },
    ] as const;
    expect(await cat.endInput(end)).toMatchObject({ nextSequence: 41, userErrors: [] });
    expect(await cat.send('last', last)).toMatchObject({ nextSequence: 43, userErrors: [] });
    expect(await cat.ended()).toMatchObject({ exitCode: 0 });
    expect(cat.text).toBe(`${words.join('')}last`);
  });

  it('is refused by its number: one that no input has, that has no writer, that was another input', async () => {
    const cat = await Terminal.open(stack.admin, { serviceId: service.serviceId, command: ['cat'] });
    const refusalOf = async (data: string, place: object) =>
      (await cat.send(data, place as InputPlace)).userErrors;
    expect(await refusalOf('x', { writer: 'tab', sequence: 0 })).toMatchObject([
      { code: 'BAD_USER_INPUT', field: ['input', 'sequence'] },
    ]);
    for (const place of [
      { sequence: 1 },
      { sequence: 1, writer: '' },
      { sequence: 1, writer: 'x'.repeat(65) },
    ]) {
      expect(await refusalOf('x', place)).toMatchObject([
        { code: 'BAD_USER_INPUT', field: ['input', 'writer'] },
      ]);
    }
    expect(await refusalOf('x', { writer: 'tab' })).toMatchObject([
      { code: 'BAD_USER_INPUT', field: ['input', 'sequence'] },
    ]);
    expect(await refusalOf('typed', { writer: 'tab', sequence: 1 })).toEqual([]);
    expect(await refusalOf('other', { writer: 'tab', sequence: 1 })).toMatchObject([
      { code: 'CONFLICT', field: ['input', 'sequence'] },
    ]);
    await cat.endInput({ writer: 'tab', sequence: 2 });
    await cat.ended();
    expect(cat.text).toBe('typed');
  });
});
