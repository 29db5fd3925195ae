import { describe, expect, it } from 'vitest';
import type { SignedInCaller } from './caller.js';
import { deriveKey } from './keys.js';
import { LogDownloadTokens } from './log-download-tokens.js';

const secret = Buffer.alloc(32, 7).toString('base64');
let now = Date.parse('2026-01-31T12:00:00Z');
const tokens = new LogDownloadTokens(deriveKey(secret, 'log-downloads'), { now: () => now });
const caller: SignedInCaller = {
  userId: 'user_1',
  credentialId: 'session_1',
  credentialKind: 'SESSION',
  expiresAt: now + 3_600_000,
  requestId: 'request_1',
  address: '127.0.0.1',
};
const wanted = { input: { serviceId: 'service_1', tail: 5 }, name: 'web' };

describe('the token of a link to a log', () => {
  it('stands for its caller and input, and shows neither', async () => {
    const { token } = await tokens.seal(caller, wanted);
    const { userId, credentialId, credentialKind, expiresAt } = caller;
    expect(await tokens.open(token)).toMatchObject({
      ...wanted,
      caller: { userId, credentialId, credentialKind, expiresAt },
    });
    const plain = token
      .split('.')
      .map((part) => Buffer.from(part, 'base64url').toString('latin1'))
      .join();
    for (const part of ['user_1', 'session_1', 'service_1']) expect(plain).not.toContain(part);
  });

  it('holds for five minutes, and never longer than what it was asked with', async () => {
    const { token, expiresAt } = await tokens.seal(caller, wanted);
    expect(expiresAt.getTime() - now).toBe(300_000);
    const short = await tokens.seal({ ...caller, expiresAt: now + 60_000 }, wanted);
    expect(short.expiresAt.getTime() - now).toBe(60_000);
    now += 60_000;
    await expect(tokens.open(short.token)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    now += 239_000;
    await expect(tokens.open(token)).resolves.toBeDefined();
    now += 1_000;
    await expect(tokens.open(token)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('is nothing with another key or a changed letter', async () => {
    const { token } = await tokens.seal(caller, wanted);
    const others = new LogDownloadTokens(deriveKey(secret, 'token-signing'), { now: () => now });
    await expect(others.open(token)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    for (const at of [5, token.length >> 1]) {
      const changed = `${token.slice(0, at)}${token[at] === 'A' ? 'B' : 'A'}${token.slice(at + 1)}`;
      await expect(tokens.open(changed)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    }
  });

  it('is refused when the link would be too long', async () => {
    const pods = Array.from({ length: 200 }, (_, index) => `a-pod-with-a-long-name-${index}`);
    await expect(tokens.seal(caller, { ...wanted, input: { pods } })).rejects.toMatchObject({
      code: 'BAD_USER_INPUT',
    });
  });
});
