import { ApplicationEntity } from './application/application.entity.js';
import { BindingEntity } from './binding/binding.entity.js';
import { DeploymentEntity } from './deployment/deployment.entity.js';
import { DeploymentLogEntity } from './deployment/deployment-log.entity.js';
import {
  ExecRecordingEntity,
  ExecReplicaEntity,
  ExecSessionEntity,
} from './exec-session/exec-session.entity.js';
import { CreateTables1795374000000 } from './migrations/1795374000000-create-tables.js';
import { PublishRecords1795374000002 } from './migrations/1795374000002-publish-records.js';
import { AddCanary1795460400000 } from './migrations/1795460400000-canary.js';
import { AddRoutes1795460400010 } from './migrations/1795460400010-routes.js';
import { AddExecSessions1795460400020 } from './migrations/1795460400020-exec-sessions.js';
import { AddDeploymentOrigin1795460400030 } from './migrations/1795460400030-deployment-origin.js';
import { RouteEntity } from './route/route.entity.js';
import { ServiceEntity } from './service/service.entity.js';

/** What the database holds, and how it came to. */
export const deploymentEntities = [
  ApplicationEntity,
  ServiceEntity,
  DeploymentEntity,
  DeploymentLogEntity,
  BindingEntity,
  RouteEntity,
  ExecSessionEntity,
  ExecRecordingEntity,
  ExecReplicaEntity,
];
export const deploymentMigrations = [
  CreateTables1795374000000,
  PublishRecords1795374000002,
  AddCanary1795460400000,
  AddRoutes1795460400010,
  AddExecSessions1795460400020,
  AddDeploymentOrigin1795460400030,
];
