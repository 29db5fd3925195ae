import type { IncomingMessage } from 'node:http';

/**
 * Which web pages may call, asked before anything else on every transport. A request without `Origin` is no page's:
 * nothing is authenticated by cookies, so there is nothing that a page could borrow. `null` is a page's, of unknown
 * origin.
 */
export class OriginPolicy {
  readonly #exact: ReadonlySet<string>;
  readonly #suffixes: readonly { readonly scheme: string; readonly suffix: string }[];

  /** @param allowed origins besides our own; `https://*.example.com` allows every host below example.com */
  constructor(allowed: readonly string[]) {
    this.#exact = new Set(allowed.filter((origin) => !origin.includes('*')));
    this.#suffixes = allowed.flatMap((origin) => {
      const [scheme, host] = origin.split('*');
      return host === undefined || scheme === undefined ? [] : [{ scheme, suffix: host }];
    });
  }

  allows({ headers }: Pick<IncomingMessage, 'headers'>): boolean {
    const { origin, host } = headers;
    if (origin === undefined) return true;
    if (this.#exact.has(origin) || this.#isBelow(origin)) return true;
    // Our own page, whichever name it was reached by; a proxy in front may have ended TLS.
    return host !== undefined && (origin === `http://${host}` || origin === `https://${host}`);
  }

  #isBelow(origin: string): boolean {
    return this.#suffixes.some(
      ({ scheme, suffix }) =>
        origin.startsWith(scheme) &&
        origin.endsWith(suffix) &&
        /^[a-z0-9.-]+$/.test(origin.slice(scheme.length, origin.length - suffix.length)),
    );
  }
}

/** CORS answer headers for a request whose origin is allowed. Credentials are never among them: we use no cookies. */
export function corsHeaders({ headers }: Pick<IncomingMessage, 'headers'>): Record<string, string> {
  const { origin } = headers;
  return origin === undefined
    ? { vary: 'origin' }
    : {
        vary: 'origin',
        'access-control-allow-origin': origin,
        'access-control-expose-headers': 'x-request-id, retry-after',
      };
}

export const preflightHeaders = {
  'access-control-allow-methods': 'GET, POST',
  'access-control-allow-headers':
    'authorization, content-type, apollo-require-preflight, x-apollo-operation-name',
  'access-control-max-age': '600',
} as const;
