import { describe, expect, it } from 'vitest';
import { PasswordHasher } from './password-hasher.js';

describe('a password hash', () => {
  const hasher = new PasswordHasher();

  it('fits its password and no other', async () => {
    const hash = await hasher.hash('correct horse');
    expect(await hasher.verify(hash, 'correct horse')).toBe(true);
    expect(await hasher.verify(hash, 'Correct horse')).toBe(false);
    expect(await hasher.verify(hash, '')).toBe(false);
    expect(await hasher.hash('correct horse')).not.toBe(hash);
  });

  it('fits however the keyboard composes the letters', async () => {
    expect(await hasher.verify(await hasher.hash('caf\u00e9 au lait'), 'cafe\u0301 au lait')).toBe(true);
  });

  it('that is missing fits nothing, after the work of one that is there', async () => {
    expect(await hasher.verify(undefined, 'anything')).toBe(false);
  });

  it('is not computed for a megabyte of password', async () => {
    const long = 'x'.repeat(2_000_000);
    expect(await hasher.verify(await hasher.hash(long), long)).toBe(false);
  });
});
