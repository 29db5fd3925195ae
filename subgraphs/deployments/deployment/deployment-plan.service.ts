import type { Caller } from '../../shared/caller.js';
import { changedFields, type FieldChangeValue } from '../../shared/changed-fields.js';
import {
  BadUserInputError,
  type MeridianError,
  toUserErrors,
  type UserErrorValue,
} from '../../shared/errors.js';
import type { PreflightService } from '../preflight/preflight.service.js';
import type {
  DeployChange,
  DeploymentRequests,
  PromoteChange,
  Requested,
  ServiceInput,
} from './deployment-requests.js';
import type { QuotaFitValue } from './quota-fit.js';

export interface PlanValue {
  valid: boolean;
  diff: FieldChangeValue[];
  problems: UserErrorValue[];
  warnings: UserErrorValue[];
  quota: QuotaFitValue[];
  quotaAtMaximum: QuotaFitValue[];
  overwrites: FieldChangeValue[];
}

/** Says what a deployment would do, with nothing changed. */
export class DeploymentPlanService {
  constructor(
    private readonly requests: DeploymentRequests,
    private readonly preflight: PreflightService,
  ) {}

  async deploy(caller: Caller, input: DeployChange): Promise<PlanValue> {
    return this.#plan(await this.requests.deploy(caller, input));
  }

  async scale(caller: Caller, input: ServiceInput & { replicas: number }): Promise<PlanValue> {
    return this.#plan(await this.requests.scale(caller, input));
  }

  async rollback(
    caller: Caller,
    input: ServiceInput & { toDeploymentId?: string | null },
  ): Promise<PlanValue> {
    return this.#plan(await this.requests.rollback(caller, input));
  }

  async promote(caller: Caller, input: PromoteChange): Promise<PlanValue> {
    return this.#plan(await this.requests.promote(caller, input));
  }

  async #plan({ set, service, request, problems: invalid }: Requested): Promise<PlanValue> {
    const spec = request.spec(service.spec, service);
    const wanted = { ...request, spec };
    const diff = changedFields(service.spec, spec);
    if (invalid.length > 0) return refused(diff, new BadUserInputError(invalid));
    const taken = await this.preflight.requireRoutes(set, service, wanted).then(
      () => [],
      (error: unknown) => {
        const errors = toUserErrors(error);
        if (errors) return errors;
        throw error;
      },
    );
    const found = await this.preflight.check(set.caller, service, 'plan', wanted);
    const problems = [
      ...taken,
      ...(found.refusal ? (toUserErrors(found.refusal) ?? []) : []),
      ...found.blockers,
    ];
    return {
      valid: problems.length === 0,
      diff,
      problems,
      warnings: [...found.warnings],
      quota: [...found.quota],
      quotaAtMaximum: [...found.quotaAtMaximum],
      overwrites: [...found.overwrites],
    };
  }
}

const refused = (diff: FieldChangeValue[], error: MeridianError): PlanValue => ({
  valid: false,
  diff,
  problems: toUserErrors(error) ?? [],
  warnings: [],
  quota: [],
  quotaAtMaximum: [],
  overwrites: [],
});
