import { BadUserInputError } from '../shared/errors.js';
import { type IdKind, isId } from '../shared/ids.js';
import { type Scope, type ScopeLevel, scopeLevels } from '../shared/permission-scope.js';

export type FullScope = { [Level in ScopeLevel]: string | null };

const kinds: Readonly<Record<ScopeLevel, IdKind>> = {
  clusterId: 'cluster',
  projectId: 'project',
  landscapeId: 'landscape',
  applicationId: 'application',
};

/** The scope with every level named, null where it is not limited. Refuses what can't be an id of its kind. */
export function requireScope(scope: Scope | null | undefined, field: readonly string[]): FullScope {
  const full: FullScope = { clusterId: null, projectId: null, landscapeId: null, applicationId: null };
  for (const level of scopeLevels) {
    const id = scope?.[level];
    if (id == null) continue;
    if (!isId(kinds[level], id)) {
      throw BadUserInputError.at(
        [...field, level],
        `${level} is not the id of a ${kinds[level]}: take it from the field id of one.`,
      );
    }
    full[level] = id;
  }
  return full;
}
