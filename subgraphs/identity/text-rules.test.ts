import { describe, expect, it } from 'vitest';
import { BadUserInputError } from '../shared/errors.js';
import { optionalLine, requireLine } from '../shared/text-rules.js';
import { optionalEmail, requireLogin, requirePassword } from './text-rules.js';

const field = ['input', 'x'];
const refused = (run: () => unknown): readonly string[] => {
  try {
    run();
  } catch (error) {
    if (error instanceof BadUserInputError) return error.problems[0]?.field ?? [];
  }
  throw new Error('was not refused');
};

describe('a login', () => {
  it.each(['ada', 'ada.lovelace', 'user-1', '7', 'a'.repeat(63)])('may be %s', (login) => {
    expect(requireLogin(login, field)).toBe(login);
  });
  it.each(['', 'Ada', 'a b', '..', 'a_b', 'ada@example.org', 'a'.repeat(64), 'ａｄａ', 'ada\n'])(
    'may not be %j',
    (login) => {
      expect(refused(() => requireLogin(login, field))).toEqual(field);
    },
  );
});

describe('a line of text', () => {
  it('is trimmed, and kept as it is otherwise', () => {
    expect(requireLine('  <script>Ада ‮</script> ', field)).toBe('<script>Ада ‮</script>');
    expect(optionalLine('  ', field)).toBeNull();
    expect(optionalLine(undefined, field)).toBeNull();
  });
  it.each([' ', 'a\nb', 'a\u001b[31m', 'x'.repeat(101)])('may not be %j', (text) => {
    expect(refused(() => requireLine(text, field))).toEqual(field);
  });
});

describe('an e-mail address', () => {
  it('may be missing', () => {
    expect(optionalEmail(null, field)).toBeNull();
    expect(optionalEmail('ada+test@example.org', field)).toBe('ada+test@example.org');
  });
  it.each(['ada', 'ada@', '@example.org', 'a b@example.org', 'Ada <ada@example.org>'])(
    'may not be %j',
    (email) => {
      expect(refused(() => optionalEmail(email, field))).toEqual(field);
    },
  );
});

describe('a password', () => {
  it('may be any text that is long enough', () => {
    expect(requirePassword('correct horse 🐎', 'ada', field)).toBe('correct horse 🐎');
  });
  it.each(['short', 'aaaaaaaa', 'Lovelace', 'x1'.repeat(101)])('may not be %j', (password) => {
    expect(refused(() => requirePassword(password, 'lovelace', field))).toEqual(field);
  });
  it('is never part of the message', () => {
    try {
      requirePassword('canary', 'ada', field);
    } catch (error) {
      expect(String(error)).not.toContain('canary');
    }
    expect.assertions(1);
  });
});
