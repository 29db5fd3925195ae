import type { Caller } from '../../shared/caller.js';
import { BadUserInputError } from '../../shared/errors.js';
import { isPermissionName } from '../../shared/permission-names.js';
import type { PermissionSet, Permissions } from '../../shared/permissions.js';
import type { PublishedRecordScopes } from '../../shared/published/record-scope.js';
import type { OwnRecords } from '../node/own-records.js';
import type { UserEntity } from '../user/user.entity.js';
import type { UserRepository } from '../user/user.repository.js';

export interface ViewerValue {
  readonly user: UserEntity;
  readonly permissions: PermissionSet;
}

export class ViewerService {
  constructor(
    private readonly permissions: Permissions,
    private readonly users: UserRepository,
    private readonly records: PublishedRecordScopes,
    private readonly own: OwnRecords,
  ) {}

  /** Undefined when nobody is signed in. Throws UnauthenticatedError when the session or token has ended. */
  async find(caller: Caller): Promise<ViewerValue | undefined> {
    if (caller.userId === null) return undefined;
    const permissions = await this.permissions.of(caller);
    return { user: await this.users.get(caller.userId, []), permissions };
  }

  /** False for a record that does not exist. Without a record: may the caller use the permission anywhere? */
  async can(
    { permissions }: ViewerValue,
    permission: string,
    recordId: string | null | undefined,
  ): Promise<boolean> {
    if (!isPermissionName(permission)) {
      throw BadUserInputError.at(
        ['permission'],
        `${JSON.stringify(permission.slice(0, 80))} is no permission.`,
      );
    }
    if (recordId == null || !permissions.has(permission)) return permissions.has(permission);
    const record = (await this.records.find(recordId)) ?? (await this.own.find(permissions.caller, recordId));
    return record !== undefined && permissions.allows(permission, record.scope);
  }
}
