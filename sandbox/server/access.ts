import type { IncomingMessage } from 'node:http';
import { ApiError } from '../storage/api.js';

export interface User {
  readonly name: string;
  readonly groups: readonly string[];
  readonly uid?: string;
}

export interface ResourceAttributes {
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  readonly subresource?: string | undefined;
  readonly namespace?: string | undefined;
  readonly name?: string | undefined;
}

const ANONYMOUS: User = { name: 'system:anonymous', groups: ['system:unauthenticated'] };
const MASTERS = 'system:masters';
const PUBLIC_PATHS = /^\/(healthz|livez|readyz|version)(\/|$)/;

/** Who a caller is and what they may do. Members of system:masters may do everything, others nothing but look around. */
export class Access {
  constructor(private readonly usersByToken: ReadonlyMap<string, User>) {}

  /** Throws 401 for credentials that are wrong; without any, the caller is anonymous. */
  authenticate(request: IncomingMessage): User {
    const token = bearerToken(request);
    if (token === undefined) return ANONYMOUS;
    const user = this.findByToken(token);
    if (!user) throw new ApiError(401, 'Unauthorized', 'Unauthorized');
    return user;
  }

  findByToken(token: string): User | undefined {
    return this.usersByToken.get(token);
  }

  mayUse({ groups }: User, _attributes: ResourceAttributes): boolean {
    return groups.includes(MASTERS);
  }

  mayRead({ groups }: User, path: string): boolean {
    if (groups.includes(MASTERS) || PUBLIC_PATHS.test(path)) return true;
    return groups.includes('system:authenticated') && /^\/(api|apis|openapi)(\/|$)/.test(path);
  }

  requireResource(user: User, attributes: ResourceAttributes): void {
    if (!this.mayUse(user, attributes)) throw forbiddenResource(user, attributes);
  }

  requirePath(user: User, path: string, verb = 'get'): void {
    if (!this.mayRead(user, path))
      throw new ApiError(403, 'Forbidden', `forbidden: User "${user.name}" cannot ${verb} path "${path}"`, {});
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

const forbiddenResource = (user: User, attributes: ResourceAttributes): ApiError => {
  const { verb, group, resource, subresource, namespace, name } = attributes;
  const qualified = group ? `${resource}.${group}` : resource;
  const what = name ? `${qualified} "${name}"` : qualified;
  const full = subresource ? `${resource}/${subresource}` : resource;
  const where = namespace === undefined ? 'at the cluster scope' : `in the namespace "${namespace}"`;
  return new ApiError(
    403,
    'Forbidden',
    `${what} is forbidden: User "${user.name}" cannot ${verb} resource "${full}" in API group "${group}" ${where}`,
    { ...(name ? { name } : {}), ...(group ? { group } : {}), kind: resource },
  );
};
