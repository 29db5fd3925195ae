import type { FederatedSchemaOptions } from '../shared/federated-schema.js';
import { AccessTokenResolver } from './access-token/access-token.resolver.js';
import { AuditEventResolver } from './audit-event/audit-event.resolver.js';
import { AuditVerificationResolver } from './audit-seal/audit-verification.resolver.js';
import { NodeResolver } from './node/node.resolver.js';
import { Deployment } from './references/deployment.type.js';
import { Environment } from './references/environment.type.js';
import { Instance } from './references/instance.type.js';
import { ProjectResolver } from './references/project.resolver.js';
import { Service } from './references/service.type.js';
import { RoleResolver } from './role/role.resolver.js';
import { RoleBindingResolver } from './role-binding/role-binding.resolver.js';
import { SessionResolver } from './session/session.resolver.js';
import { TeamResolver } from './team/team.resolver.js';
import { UserTeamsResolver } from './team/user-teams.resolver.js';
import { PasswordResolver } from './user/password.resolver.js';
import { UserResolver } from './user/user.resolver.js';
import { ViewerResolver } from './viewer/viewer.resolver.js';

export const identitySchema: FederatedSchemaOptions = {
  resolvers: [
    ViewerResolver,
    NodeResolver,
    UserResolver,
    PasswordResolver,
    UserTeamsResolver,
    TeamResolver,
    RoleResolver,
    RoleBindingResolver,
    SessionResolver,
    AccessTokenResolver,
    AuditEventResolver,
    AuditVerificationResolver,
    ProjectResolver,
  ],
  references: {
    User: UserResolver,
    Team: TeamResolver,
    Role: RoleResolver,
    RoleBinding: RoleBindingResolver,
    AccessToken: AccessTokenResolver,
    Project: ProjectResolver,
  },
  orphanedTypes: [Environment, Service, Deployment, Instance],
};
