import type { Caller } from '../../shared/caller.js';
import { isId } from '../../shared/ids.js';
import type { Scope } from '../../shared/permission-scope.js';
import type { NodeValue } from './node.type.js';

/** Gives those of the ids that exist and that the caller may see. */
interface Readable {
  listByIds(caller: Caller, ids: readonly string[]): Promise<{ readonly id: string }[]>;
}

export interface OwnRecordsParts {
  readonly users: Readable;
  readonly teams: Readable;
  readonly roles: Readable;
  readonly tokens: Readable;
  readonly bindings: {
    find(caller: Caller, id: string): Promise<({ readonly id: string } & Scope) | undefined>;
  };
}

/** The records that identity itself keeps, of whatever kind. */
export class OwnRecords {
  constructor(private readonly parts: OwnRecordsParts) {}

  /** With all its fields, and what it belongs to. Undefined when absent or when the caller may not see it. */
  async find(caller: Caller, id: string): Promise<{ node: NodeValue; scope: Scope } | undefined> {
    const { users, teams, roles, tokens, bindings } = this.parts;
    if (isId('binding', id)) {
      const binding = await bindings.find(caller, id);
      return binding && { node: { ...binding, __typename: 'RoleBinding' }, scope: binding };
    }
    const ofPlatform = async (__typename: string, records: Readable) => {
      const [record] = await records.listByIds(caller, [id]);
      return record && { node: { ...record, __typename }, scope: {} };
    };
    if (isId('user', id)) return ofPlatform('User', users);
    if (isId('team', id)) return ofPlatform('Team', teams);
    if (isId('role', id)) return ofPlatform('Role', roles);
    if (isId('token', id)) return ofPlatform('AccessToken', tokens);
    return undefined;
  }
}
