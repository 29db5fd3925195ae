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

/**
 * Headers that a browser sends for a page of another site only after it has asked us (a preflight): one of them, or a
 * content type that no form has, shows that a GET is no image or form of such a page. A browser adds `authorization`
 * itself for Basic only, which nobody is signed in by.
 */
export const headersAskedFor = [
  'apollo-require-preflight',
  'x-apollo-operation-name',
  'authorization',
] as const;

/** Whether any page could have had the request sent without asking us first (cross-site request forgery). */
export function mayBeUnasked({ headers }: Pick<IncomingMessage, 'headers'>): boolean {
  const [type = ''] = (headers['content-type'] ?? '').toLowerCase().split(';');
  return formTypes.has(type.trim()) && !headersAskedFor.some((name) => headers[name]);
}

/** What a form can send. */
const formTypes: ReadonlySet<string> = new Set([
  '',
  'text/plain',
  'application/x-www-form-urlencoded',
  'multipart/form-data',
]);

/** CORS answer headers for a request whose origin is allowed. Credentials are never among them: we use no cookies. */
export function corsHeaders({ headers }: Pick<IncomingMessage, 'headers'>): Record<string, string> {
  const { origin } = headers;
  return origin === undefined
    ? { vary: 'origin' }
    : {
        vary: 'origin',
        'access-control-allow-origin': origin,
        'access-control-expose-headers': 'x-request-id, retry-after, server-timing',
        'timing-allow-origin': origin,
      };
}

export const preflightHeaders = {
  'access-control-allow-methods': 'GET, POST',
  'access-control-allow-headers':
    'authorization, content-type, apollo-require-preflight, x-apollo-operation-name, x-request-id',
  'access-control-max-age': '600',
} as const;
