import type { RequestContext } from '../../shared/request-context.js';
import { loadById } from '../load-by-id.js';
import type { AccessTokenService } from './access-token.service.js';
import type { AccessToken } from './access-token.type.js';

const key = Symbol('access tokens');

/** For fields that name an access token. */
export const loadAccessToken = (
  tokens: AccessTokenService,
  id: string,
  context: RequestContext,
): Promise<AccessToken | null> => loadById(context, key, id, (ids) => tokens.listByIds(context.caller, ids));
