import { BadUserInputError } from '../shared/errors.js';
import { requireName } from '../shared/kubernetes/names.js';
import { optionalLine } from '../shared/text-rules.js';

/** Rules for texts that people type: each throws BadUserInputError naming the field. */

const loginLength = 63;

/** A name to sign in with: like `ada` or `ada.lovelace`. */
export function requireLogin(login: string, field: readonly string[]): string {
  requireName(login, field, 'user');
  if (login.length > loginLength) {
    throw BadUserInputError.at(
      field,
      `The login has ${login.length} characters; use at most ${loginLength}.`,
    );
  }
  return login;
}

/** Whether mail arrives there, only mail can tell: this refuses what can't be an address. */
export function optionalEmail(email: string | null | undefined, field: readonly string[]): string | null {
  const address = optionalLine(email, field, 254);
  if (address !== null && !/^[^\s@"<>,;]+@[^\s@"<>,;]+$/.test(address)) {
    throw BadUserInputError.at(field, 'email is not an address such as ada@example.org.');
  }
  return address;
}

/** NIST SP 800-63B: length counts, composition rules do not. */
export const passwordLength = { minimum: 8, maximum: 200 };

/** The password itself is never repeated in a message. */
export function requirePassword(password: string, login: string, field: readonly string[]): string {
  const { minimum, maximum } = passwordLength;
  if (password.length < minimum || password.length > maximum) {
    throw BadUserInputError.at(
      field,
      `The password has ${password.length} characters: use ${minimum} to ${maximum}.`,
    );
  }
  if (password.toLowerCase() === login.toLowerCase() || new Set(password).size === 1) {
    throw BadUserInputError.at(field, 'The password is too easy to guess: choose another.');
  }
  return password;
}
