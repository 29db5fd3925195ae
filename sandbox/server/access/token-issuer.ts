import { randomBytes, randomUUID } from 'node:crypto';
import type { KubernetesObject } from '../../storage/api.js';
import { keyOf, type Store } from '../../storage/store.js';
import { AUTHENTICATED, type User } from './user.js';

export const API_AUDIENCE = 'https://kubernetes.default.svc.cluster.local';

interface IssuedToken {
  readonly id: string;
  readonly account: { readonly namespace: string; readonly name: string; readonly uid: string };
  readonly audiences: readonly string[];
  readonly expiresAt: number;
}

/** Tokens of service accounts. They end with their time, and with their account. */
export class TokenIssuer {
  private readonly issued = new Map<string, IssuedToken>();

  constructor(
    private readonly store: Store,
    private readonly now: () => number,
  ) {}

  issue(
    { metadata }: KubernetesObject,
    audiences: readonly string[],
    seconds: number,
  ): { token: string; expiresAt: number } {
    const token = randomBytes(32).toString('base64url');
    const expiresAt = this.now() + seconds * 1000;
    const account = { namespace: metadata.namespace ?? '', name: metadata.name, uid: metadata.uid };
    this.issued.set(token, { id: randomUUID(), account, audiences, expiresAt });
    return { token, expiresAt };
  }

  /** Undefined when the token is unknown, expired, without its account, or meant for somebody else. */
  find(token: string, audiences: readonly string[] = [API_AUDIENCE]): User | undefined {
    const known = this.issued.get(token);
    if (!known || known.expiresAt <= this.now()) return undefined;
    const { namespace, name, uid } = known.account;
    if (this.store.get('serviceaccounts', keyOf(namespace, name))?.metadata.uid !== uid) return undefined;
    if (!known.audiences.some((audience) => audiences.includes(audience))) return undefined;
    return {
      name: `system:serviceaccount:${namespace}:${name}`,
      uid,
      groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, AUTHENTICATED],
      extra: { 'authentication.kubernetes.io/credential-id': [`JTI=${known.id}`] },
    };
  }

  audiencesOf(token: string): readonly string[] | undefined {
    return this.issued.get(token)?.audiences;
  }
}
