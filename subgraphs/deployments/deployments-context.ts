import type { RequestContext } from '../shared/request-context.js';
import type { DeploymentService } from './deployment/deployment.service.js';
import type { DeploymentLogService } from './deployment/deployment-log.service.js';
import type { ExecSessionService } from './exec-session/exec-session.service.js';
import type { ListChangesService } from './list-changes.service.js';
import type { LogService } from './log/log.service.js';
import type { PodService } from './pod/pod.service.js';
import type { RolloutService } from './rollout/rollout.service.js';
import type { ServiceService } from './service/service.service.js';

/** A `subscribe` function has no `this`: what it opens a stream with travels in the context. */
export interface DeploymentsContext extends RequestContext {
  readonly streams: {
    readonly pods: PodService;
    readonly rollouts: RolloutService;
    readonly deploymentLogs: DeploymentLogService;
    readonly logs: LogService;
    readonly execSessions: ExecSessionService;
    readonly listChanges: ListChangesService;
    readonly services: ServiceService;
    readonly deployments: DeploymentService;
  };
}
