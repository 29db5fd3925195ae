import type { Caller } from '../../shared/caller.js';
import { changedFields, type FieldChangeValue } from '../../shared/changed-fields.js';
import {
  BadUserInputError,
  type MeridianError,
  toUserErrors,
  type UserErrorValue,
} from '../../shared/errors.js';
import { requireVersion } from '../../shared/versions.js';
import type { PreflightService } from '../preflight/preflight.service.js';
import type { SecretValues } from '../service/secret-values.js';
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
    private readonly secretValues: Pick<SecretValues, 'requireRoom'>,
  ) {}

  async deploy(caller: Caller, input: DeployChange): Promise<PlanValue> {
    return this.#plan(this.requests.deploy(caller, input));
  }

  async scale(caller: Caller, input: ServiceInput & { replicas: number }): Promise<PlanValue> {
    return this.#plan(this.requests.scale(caller, input));
  }

  async rollback(
    caller: Caller,
    input: ServiceInput & { toDeploymentId?: string | null },
  ): Promise<PlanValue> {
    return this.#plan(this.requests.rollback(caller, input));
  }

  async promote(caller: Caller, input: PromoteChange): Promise<PlanValue> {
    return this.#plan(this.requests.promote(caller, input));
  }

  async #plan(requested: Promise<Requested>): Promise<PlanValue> {
    const asked = await requested.catch((error: unknown) => {
      // What is not there, or not the caller's to see, is nothing that a plan could be made of.
      if (error instanceof BadUserInputError) return error;
      throw error;
    });
    if (asked instanceof BadUserInputError) return refused([], asked);
    const { set, service, request, problems: invalid } = asked;
    const spec = request.spec(service.spec, service);
    const wanted = { ...request, spec };
    const diff = changedFields(service.spec, spec);
    if (invalid.length > 0) return refused(diff, new BadUserInputError(invalid));
    const conflicts = [
      ...(await refusalsOf(() => requireVersion('service', service, request.expectedVersion))),
      ...(await refusalsOf(() => this.preflight.requireRoutes(set, service, wanted))),
      ...(await refusalsOf(() => this.secretValues.requireRoom(set.caller, service, request.secrets ?? []))),
    ];
    const found = await this.preflight.check(set.caller, service, 'plan', wanted);
    const problems = [
      ...conflicts,
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

/** What is wrong by a check that throws. */
async function refusalsOf(check: () => Promise<void> | void): Promise<UserErrorValue[]> {
  try {
    await check();
    return [];
  } catch (error) {
    const errors = toUserErrors(error);
    if (errors) return errors;
    throw error;
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
