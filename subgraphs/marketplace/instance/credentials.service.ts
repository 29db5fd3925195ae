import type { Caller } from '../../shared/caller.js';
import type { Changes } from '../../shared/changes.js';
import { BadUserInputError, ConflictError } from '../../shared/errors.js';
import { isId } from '../../shared/ids.js';
import type { Permissions } from '../../shared/permissions.js';
import type { InstanceRepository } from './instance.repository.js';
import type { WorkloadClient } from './workload.client.js';

export interface RevealCredentials {
  readonly instanceId: string;
  readonly reason: string;
}

/** One value that a binding injects, under the name of its variable. */
export interface CredentialValue {
  readonly name: string;
  readonly value: string;
}

const shortestReason = 10;
const longestReason = 500;

export class CredentialsService {
  constructor(
    private readonly repository: InstanceRepository,
    private readonly client: Pick<WorkloadClient, 'actingFor'>,
    private readonly changes: Changes,
    private readonly permissions: Permissions,
  ) {}

  /** Nothing is revealed that the audit log does not know of: its event is committed before the values leave. */
  async reveal(caller: Caller, input: RevealCredentials): Promise<CredentialValue[]> {
    const permitted = await this.permissions.of(caller);
    const found = isId('instance', input.instanceId)
      ? await this.repository.find(input.instanceId)
      : undefined;
    const instance = permitted.requireOn('credentials.reveal', found, {
      kind: 'Instance',
      id: input.instanceId,
      readPermission: 'instances.read',
      field: ['input', 'instanceId'],
    });
    const reason = requireReason(input.reason);
    const secret = await this.client.actingFor(caller).findSecret(instance, instance.credentialsSecret);
    if (!secret) {
      throw new ConflictError(
        `The Secret ${instance.credentialsSecret} of the instance is not in the cluster (yet): look at the status of the instance.`,
        { field: ['input', 'instanceId'] },
      );
    }
    await this.changes.run(permitted.caller, { action: 'revealCredentials' }, async (change) => {
      change.audit({
        targetType: 'Instance',
        targetId: instance.id,
        targetName: instance.name,
        projectId: instance.projectId,
        reason,
      });
      return instance;
    });
    return instance.variables.map(({ name, key }) => ({
      name,
      value: Buffer.from(secret.data?.[key] ?? '', 'base64').toString(),
    }));
  }
}

function requireReason(text: string): string {
  const reason = text.trim();
  const field = ['input', 'reason'];
  if ([...reason].length < shortestReason) {
    throw BadUserInputError.at(
      field,
      `The reason has ${[...reason].length} characters: say why in at least ${shortestReason}, the audit log shows it.`,
    );
  }
  if ([...reason].length > longestReason) {
    throw BadUserInputError.at(field, `The reason is longer than ${longestReason} characters: shorten it.`);
  }
  return reason;
}
