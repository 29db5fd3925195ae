import type { Api, ApiError, KubernetesObject } from '../storage/api.js';
import type { PacedClock } from './clock.js';
import { REVISION } from './deployment-revisions.js';
import { conditionOf, type DeploymentStatus, withCondition } from './deployment-status.js';
import { draftOf, isEqual } from './draft.js';

/** Writes into a Deployment's status what its controller has come to know. */
export class DeploymentNotes {
  constructor(
    private readonly api: Api,
    private readonly clock: PacedClock,
  ) {}

  /** The revision goes out together with the condition, in one write. */
  revision(
    deployment: KubernetesObject,
    revision: string,
    condition: { reason: string; message: string },
    onlyWhenMissing: boolean,
  ): void {
    const before: DeploymentStatus = deployment['status'] ?? {};
    const progressing = conditionOf(before, 'Progressing');
    // As recorded: the note of the resumption makes the one of the new ReplicaSet fail, and the next look finds that.
    const isNoted =
      progressing?.['reason'] === 'DeploymentResumed' || (onlyWhenMissing && progressing !== undefined);
    const hasDeadline = deployment['spec'].progressDeadlineSeconds !== undefined;
    const next = { type: 'Progressing', status: 'True', ...condition };
    const status = isNoted || !hasDeadline ? before : withCondition(before, next, this.clock.now());
    if (deployment.metadata.annotations?.[REVISION] === revision && status === before) return;
    const draft = draftOf(deployment);
    draft.metadata['annotations'] = { ...draft.metadata['annotations'], [REVISION]: revision };
    this.api.update('deployments', { ...draft, status }, 'status');
  }

  /** That the Deployment was paused or goes on, unless that is known. */
  pause(deployment: KubernetesObject): void {
    const progressing = conditionOf(deployment['status'] ?? {}, 'Progressing');
    if (deployment['spec'].progressDeadlineSeconds === undefined) return;
    if (progressing?.['reason'] === 'ProgressDeadlineExceeded') return;
    const isNoted = progressing?.['reason'] === 'DeploymentPaused';
    if (deployment['spec'].paused && !isNoted)
      this.progress(deployment, {
        status: 'Unknown',
        reason: 'DeploymentPaused',
        message: 'Deployment is paused',
      });
    if (!deployment['spec'].paused && isNoted)
      this.progress(deployment, {
        status: 'Unknown',
        reason: 'DeploymentResumed',
        message: 'Deployment is resumed',
      });
  }

  /** The Progressing condition. */
  progress(
    deployment: KubernetesObject,
    condition: { status: string; reason: string; message: string },
  ): void {
    const next = { type: 'Progressing', ...condition };
    this.write(deployment, withCondition(deployment['status'] ?? {}, next, this.clock.now()));
  }

  /** Another template has the same hash: the count goes into the next hash. */
  collision(deployment: KubernetesObject, error: ApiError): never {
    const before: DeploymentStatus = deployment['status'] ?? {};
    this.write(deployment, { ...before, collisionCount: (before.collisionCount ?? 0) + 1 });
    throw error;
  }

  /** Writes nothing when nothing has changed. */
  write(deployment: KubernetesObject, status: DeploymentStatus): void {
    if (isEqual(deployment['status'] ?? {}, status)) return;
    this.api.update('deployments', { ...draftOf(deployment), status }, 'status');
  }
}
