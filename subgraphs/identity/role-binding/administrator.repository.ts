import type { Transaction } from '../../shared/database.js';
import { ConflictError } from '../../shared/errors.js';

/** Transactions that may take away the last administrator run one after the other from here to their end. */
const administratorLock = 7_301_852_012;

/** Enabled users who hold platform-admin for the whole platform, themselves or through a team, and are not denied it. */
const administrators = `
  SELECT "user".id FROM identity."user"
  WHERE NOT "user".disabled
    AND EXISTS (
      SELECT FROM identity.role_binding binding JOIN identity.role ON role.id = binding.role_id
      WHERE role.name = 'platform-admin' AND binding.effect = 'ALLOW'
        AND COALESCE(binding.cluster_id, binding.project_id, binding.landscape_id, binding.application_id) IS NULL
        AND (binding.user_id = "user".id
          OR binding.team_id IN (SELECT team_id FROM identity.team_member WHERE user_id = "user".id)))
    AND NOT EXISTS (
      SELECT FROM identity.published_grant denied
      WHERE denied.user_id = "user".id AND denied.effect = 'DENY'
        AND denied.permission IN ('bindings.manage', 'users.manage')
        AND COALESCE(denied.cluster_id, denied.project_id, denied.landscape_id, denied.application_id) IS NULL)`;

export class AdministratorRepository {
  /**
   * To be called after the change, in its transaction: throws, and so undoes it, when nobody would be left who can
   * give roles.
   */
  async requireOne(transaction: Transaction): Promise<void> {
    await transaction.query('SELECT pg_advisory_xact_lock($1)', [administratorLock]);
    const rows: unknown[] = await transaction.query(`${administrators} LIMIT 1`);
    if (rows.length > 0) return;
    throw new ConflictError(
      'This would leave no platform administrator: give platform-admin to another enabled user first.',
    );
  }
}
