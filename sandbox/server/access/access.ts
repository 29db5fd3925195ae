import type { IncomingMessage } from 'node:http';
import { ApiError } from '../../storage/api.js';
import type { Store } from '../../storage/store.js';
import { certificateUser } from './client-certificate.js';
import { impersonatedUser } from './impersonation.js';
import type { PolicyRule } from './policy-rule.js';
import { type Decision, decide, decidePath, hasRuleFor, rulesFor } from './rbac.js';
import type { TokenIssuer } from './token-issuer.js';
import { forbiddenResource, type ResourceAttributes, type User } from './user.js';

const ANONYMOUS: User = { name: 'system:anonymous', groups: ['system:unauthenticated'] };

/** Who a caller is and what they may do: tokens, impersonation and RBAC. */
export class Access {
  constructor(
    private readonly store: Store,
    private readonly usersByToken: ReadonlyMap<string, User>,
    readonly tokens: TokenIssuer,
  ) {}

  /**
   * Throws 401 for credentials that are wrong; without any, the caller is anonymous. `attributes` are those of the
   * request, for the message when its caller may not impersonate.
   */
  authenticate(request: IncomingMessage, attributes: ResourceAttributes | undefined): User {
    return impersonatedUser(this, this.callerOf(request), request.headers, attributes);
  }

  /** A certificate that is good decides; one that is not can be made up for by a token. */
  private callerOf(request: IncomingMessage): User {
    const certified = certificateUser(request);
    if (certified && certified !== 'unknown') return certified;
    const token = bearerToken(request);
    if (token === undefined && certified === undefined) return ANONYMOUS;
    const caller = token === undefined ? undefined : this.findByToken(token);
    if (!caller) throw new ApiError(401, 'Unauthorized', 'Unauthorized');
    return caller;
  }

  findByToken(token: string): User | undefined {
    return this.usersByToken.get(token) ?? this.tokens.find(token);
  }

  decide(user: User, attributes: ResourceAttributes): Decision {
    return decide(this.store, user, attributes);
  }

  /** Whether any rule at all lets this user act as somebody else. */
  mayImpersonate(user: User): boolean {
    return hasRuleFor(this.store, user, 'impersonate');
  }

  decidePath(user: User, path: string, verb: string): Decision {
    return decidePath(this.store, user, verb, path);
  }

  rulesFor(user: User, namespace: string): readonly PolicyRule[] {
    return rulesFor(this.store, user, namespace);
  }

  requireResource(user: User, attributes: ResourceAttributes): void {
    if (!this.decide(user, attributes).allowed) throw forbiddenResource(user, attributes);
  }

  requirePath(user: User, path: string, verb = 'get'): void {
    if (!this.decidePath(user, path, verb).allowed)
      throw new ApiError(
        403,
        'Forbidden',
        `forbidden: User "${user.name}" cannot ${verb} path "${path}"`,
        {},
      );
  }
}

const TOKEN_PROTOCOL = 'base64url.bearer.authorization.k8s.io.';

/** From the header, or from the subprotocols of a browser's WebSocket. */
const bearerToken = (request: IncomingMessage): string | undefined => {
  const header = /^bearer\s+(.*)$/i.exec(request.headers.authorization ?? '')?.[1]?.trim();
  if (header) return header;
  const protocol = (request.headers['sec-websocket-protocol'] ?? '')
    .split(',')
    .map((each) => each.trim())
    .find((each) => each.startsWith(TOKEN_PROTOCOL));
  return protocol === undefined
    ? undefined
    : Buffer.from(protocol.slice(TOKEN_PROTOCOL.length), 'base64url').toString('utf8');
};
