import type { RequestContext } from '../../shared/request-context.js';
import { loadById } from '../load-by-id.js';
import type { UserService } from './user.service.js';
import type { User } from './user.type.js';

const key = Symbol('users');

/** For fields that name a user. */
export const loadUser = (users: UserService, id: string, context: RequestContext): Promise<User | null> =>
  loadById(context, key, id, (ids) => users.listByIds(context.caller, ids));
