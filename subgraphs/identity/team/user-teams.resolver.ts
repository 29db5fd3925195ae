import DataLoader from 'dataloader';
import { Ctx, FieldResolver, Resolver, Root } from 'type-graphql';
import { Permission } from '../../shared/federated-schema.js';
import type { RequestContext } from '../../shared/request-context.js';
import { User } from '../user/user.type.js';
import type { TeamService } from './team.service.js';
import { Team } from './team.type.js';

const loaderKey = Symbol('teams of users');

/** What teams add to users. */
@Resolver(() => User)
export class UserTeamsResolver {
  constructor(private readonly teamService: TeamService) {}

  @FieldResolver(() => [Team], {
    description:
      'The teams that the user belongs to. Empty for callers who may not read teams, but for oneself.',
  })
  @Permission('teams.read')
  teams(@Root() user: User, @Ctx() { caller, loaders }: RequestContext): Promise<Team[]> {
    const make = () => new DataLoader<string, Team[]>((ids) => this.teamService.listByUsers(caller, ids));
    return loaders.get(loaderKey, make).load(user.id);
  }
}
