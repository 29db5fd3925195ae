import type { RequestContext } from '../../shared/request-context.js';
import { loadById } from '../load-by-id.js';
import type { TeamService } from './team.service.js';
import type { Team } from './team.type.js';

const key = Symbol('teams');

/** For fields that name a team. */
export const loadTeam = (teams: TeamService, id: string, context: RequestContext): Promise<Team | null> =>
  loadById(context, key, id, (ids) => teams.listByIds(context.caller, ids));
