import { EncryptJWT, jwtDecrypt } from 'jose';
import type { SignedInCaller } from './caller.js';
import type { Clock } from './clock.js';
import { BadUserInputError, NotFoundError } from './errors.js';

/** Who may fetch which lines: what a link to a log stands for. */
export interface LogDownload {
  /** Without the request that asked for the link: each download is a request of its own. */
  readonly caller: Omit<SignedInCaller, 'requestId' | 'address'>;
  /** `ServiceLogsInput`, as JSON. */
  readonly input: Readonly<Record<string, unknown>>;
  /** The service's name. */
  readonly name: string;
}

const lifeMilliseconds = 5 * 60_000;
/** Links are no longer than what proxies and browsers take. */
const longestToken = 6_000;
const audience = 'log-download';

/**
 * Tokens of links to logs: encrypted and authenticated (JWE, A256GCM) with a key for nothing else, so they say nothing
 * to who sees the link and can't be changed. They hold for five minutes and not longer than the token that they were
 * asked with; rights are checked when the log is fetched.
 */
export class LogDownloadTokens {
  constructor(
    /** 32 bytes: `deriveKey(secretKey, 'log-downloads')`. */
    private readonly key: Uint8Array,
    private readonly clock: Pick<Clock, 'now'>,
  ) {}

  async seal(
    caller: SignedInCaller,
    { input, name }: Pick<LogDownload, 'input' | 'name'>,
  ): Promise<{ readonly token: string; readonly expiresAt: Date }> {
    const { userId, credentialId, credentialKind } = caller;
    const seconds = Math.floor(Math.min(this.clock.now() + lifeMilliseconds, caller.expiresAt) / 1_000);
    const token = await new EncryptJWT({
      caller: { userId, credentialId, credentialKind, expiresAt: caller.expiresAt },
      input,
      name,
    })
      .setProtectedHeader({ alg: 'dir', enc: 'A256GCM' })
      .setAudience(audience)
      .setExpirationTime(seconds)
      .encrypt(this.key);
    if (token.length > longestToken) {
      throw BadUserInputError.at(
        ['input'],
        'The input is too long for a link: name fewer pods, or use a shorter filter.',
      );
    }
    return { token, expiresAt: new Date(seconds * 1_000) };
  }

  /** NotFoundError for whatever is no token of ours, or no longer. */
  async open(token: string): Promise<LogDownload> {
    try {
      if (token.length > longestToken) throw new Error('too long');
      const { payload } = await jwtDecrypt<LogDownload>(token, this.key, {
        keyManagementAlgorithms: ['dir'],
        contentEncryptionAlgorithms: ['A256GCM'],
        audience,
        requiredClaims: ['exp'],
        currentDate: new Date(this.clock.now()),
      });
      return payload;
    } catch {
      throw new NotFoundError('Download', 'link');
    }
  }
}
