import { randomInt } from 'node:crypto';

/** Letters and digits nobody can guess. They need no escaping in a URL, a shell or a configuration file. */
export type RandomText = (length: number) => string;

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

export const randomText: RandomText = (length) =>
  Array.from({ length }, () => alphabet.charAt(randomInt(alphabet.length))).join('');
