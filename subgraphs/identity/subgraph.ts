import { Changes } from '../shared/changes.js';
import { Database } from '../shared/database.js';
import { buildFederatedSchema } from '../shared/federated-schema.js';
import { deriveKey } from '../shared/keys.js';
import { PublishedEnvironments } from '../shared/published/environment.js';
import { PublishedRecordScopes } from '../shared/published/record-scope.js';
import { createRequestContext } from '../shared/request-context.js';
import type { SharedServices } from '../shared/shared-services.js';
import type { Subgraph } from '../shared/subgraph.js';
import { AccessTokenEntity } from './access-token/access-token.entity.js';
import { AccessTokenRepository } from './access-token/access-token.repository.js';
import { AccessTokenResolver } from './access-token/access-token.resolver.js';
import { AccessTokenService } from './access-token/access-token.service.js';
import { AuditEventRepository } from './audit-event/audit-event.repository.js';
import { AuditEventResolver } from './audit-event/audit-event.resolver.js';
import { AuditEventService } from './audit-event/audit-event.service.js';
import { AuditSealRepository } from './audit-seal/audit-seal.repository.js';
import { AuditSealer } from './audit-seal/audit-sealer.js';
import { AuditVerificationResolver } from './audit-seal/audit-verification.resolver.js';
import { AuditVerificationService } from './audit-seal/audit-verification.service.js';
import type { IdentityConfig } from './config.js';
import { CreateIdentity1795374000000 } from './migrations/1795374000000-create-identity.js';
import { PublishActors1795374000001 } from './migrations/1795374000001-publish-actors.js';
import { PublishRoleGrants1795374000002 } from './migrations/1795374000002-publish-role-grants.js';
import { SealAuditLog1795374000003 } from './migrations/1795374000003-seal-audit-log.js';
import { NodeResolver } from './node/node.resolver.js';
import { NodeService } from './node/node.service.js';
import { OwnRecords } from './node/own-records.js';
import { ProjectResolver } from './references/project.resolver.js';
import { RoleEntity } from './role/role.entity.js';
import { RoleRepository } from './role/role.repository.js';
import { RoleResolver } from './role/role.resolver.js';
import { RoleService } from './role/role.service.js';
import { seedBuiltInRoles } from './role/seed-built-in-roles.js';
import { AdministratorRepository } from './role-binding/administrator.repository.js';
import { RoleBindingEntity } from './role-binding/role-binding.entity.js';
import { RoleBindingRepository } from './role-binding/role-binding.repository.js';
import { RoleBindingResolver } from './role-binding/role-binding.resolver.js';
import { RoleBindingService } from './role-binding/role-binding.service.js';
import { identitySchema } from './schema.js';
import { SessionEntity } from './session/session.entity.js';
import { SessionRepository } from './session/session.repository.js';
import { SessionResolver } from './session/session.resolver.js';
import { SessionService } from './session/session.service.js';
import { SignInAttemptsEntity } from './session/sign-in-attempts.entity.js';
import { SignInAttemptsRepository } from './session/sign-in-attempts.repository.js';
import { SignInThrottle } from './session/sign-in-throttle.js';
import { TeamEntity } from './team/team.entity.js';
import { TeamRepository } from './team/team.repository.js';
import { TeamResolver } from './team/team.resolver.js';
import { TeamService } from './team/team.service.js';
import { TeamMemberEntity } from './team/team-member.entity.js';
import { TeamMemberRepository } from './team/team-member.repository.js';
import { TeamRights } from './team/team-rights.js';
import { UserTeamsResolver } from './team/user-teams.resolver.js';
import { TokenIssuer } from './token-issuer.js';
import { ensureFirstAdministrator, type FirstAdministrator } from './user/first-administrator.js';
import { PasswordResolver } from './user/password.resolver.js';
import { PasswordService } from './user/password.service.js';
import { PasswordHasher } from './user/password-hasher.js';
import { UserEntity } from './user/user.entity.js';
import { UserRepository } from './user/user.repository.js';
import { UserResolver } from './user/user.resolver.js';
import { UserService } from './user/user.service.js';
import { ViewerResolver } from './viewer/viewer.resolver.js';
import { ViewerService } from './viewer/viewer.service.js';

export interface IdentitySubgraph extends Subgraph {
  /** Creates `admin` when there has never been a user; with a password of its own when none is given. */
  ensureFirstAdministrator(password: string | null): Promise<FirstAdministrator>;
}

export const identityEntities = [
  UserEntity,
  TeamEntity,
  TeamMemberEntity,
  RoleEntity,
  RoleBindingEntity,
  SessionEntity,
  SignInAttemptsEntity,
  AccessTokenEntity,
];

export const identityMigrations = [
  CreateIdentity1795374000000,
  PublishActors1795374000001,
  PublishRoleGrants1795374000002,
  SealAuditLog1795374000003,
];

export async function startIdentitySubgraph(
  config: IdentityConfig,
  services: SharedServices,
): Promise<IdentitySubgraph> {
  const { permissions, clock, logger } = services;
  const database = await Database.open({
    url: services.config.databaseUrl,
    subgraph: 'identity',
    entities: identityEntities,
    migrations: identityMigrations,
    logger,
  });
  const changes = new Changes(database, clock, services.events);
  const passwords = new PasswordHasher();
  const issuer = new TokenIssuer(deriveKey(services.config.secretKey, 'token-signing'), clock);
  const users = new UserRepository(database);
  const teams = new TeamRepository(database);
  const roles = new RoleRepository(database);
  const bindings = new RoleBindingRepository(database);
  const sessions = new SessionRepository(database);
  const administrators = new AdministratorRepository();
  const throttle = new SignInThrottle(new SignInAttemptsRepository(database), clock);

  const common = {
    permissions,
    changes,
    clock,
    users,
    roles,
    bindings,
    sessions,
    administrators,
    passwords,
    throttle,
  };
  const userService = new UserService(common);
  const roleService = new RoleService(common);
  const teamService = new TeamService({
    ...common,
    teams,
    members: new TeamMemberRepository(database),
    rights: new TeamRights(bindings, administrators),
  });
  const bindingService = new RoleBindingService({ ...common, teams });
  const tokenService = new AccessTokenService({
    permissions,
    changes,
    clock,
    issuer,
    tokens: new AccessTokenRepository(database),
  });
  const sessionService = new SessionService({
    ...common,
    database,
    tokens: issuer,
    lifetimeMilliseconds: config.sessionLifetime,
  });
  const own = new OwnRecords({
    users: userService,
    teams: teamService,
    roles: roleService,
    tokens: tokenService,
    bindings: bindingService,
  });
  const records = new PublishedRecordScopes(services.published);
  const environments = new PublishedEnvironments(services.published);
  const seals = new AuditSealRepository(database);
  const sealingKey = deriveKey(services.config.secretKey, 'audit-seals');

  const resolvers = [
    new ViewerResolver(new ViewerService(permissions, users, records, own), tokenService, sessionService),
    new NodeResolver(new NodeService(permissions, own, records, environments)),
    new UserResolver(userService),
    new PasswordResolver(new PasswordService(common)),
    new UserTeamsResolver(teamService),
    new TeamResolver(teamService),
    new RoleResolver(roleService),
    new RoleBindingResolver(bindingService, roleService, userService, teamService),
    new SessionResolver(sessionService),
    new AccessTokenResolver(tokenService, userService),
    new AuditEventResolver(
      new AuditEventService(new AuditEventRepository(database), permissions),
      userService,
      tokenService,
    ),
    new AuditVerificationResolver(new AuditVerificationService(seals, permissions, sealingKey, clock)),
    new ProjectResolver(bindingService),
  ];
  const instances = new Map<unknown, unknown>(resolvers.map((resolver) => [resolver.constructor, resolver]));
  await seedBuiltInRoles(database, roles, clock);
  const sealer = new AuditSealer({
    seals,
    key: sealingKey,
    clock,
    logger,
    intervalMilliseconds: config.auditSealInterval,
  });
  sealer.start();

  return {
    name: 'identity',
    schema: buildFederatedSchema(identitySchema, instances, changes.recordRefusal),
    createContext: createRequestContext,
    ready: () => database.readiness(),
    async dispose() {
      await sealer.dispose();
      await database.dispose();
    },
    ensureFirstAdministrator: (password) =>
      ensureFirstAdministrator({ database, users, roles, bindings, passwords, clock }, password),
  };
}
