import type { ResponsePath as PlanPath } from '@apollo/query-planner';
import { GraphQLError } from 'graphql';
import type { AnyError } from '../../subgraphs/shared/masked-result.js';
import type { ObjectValue } from './own-property.js';
import { placesAt } from './places.js';
import type { ResponsePath, Run } from './run.js';

/** An error about an entity that stands in a thousand rows is told at these many of them. */
export const maxPlacesOfError = 100;

/** What a fetch was for, as far as its errors need to know. */
export interface FetchTarget {
  /** Of the objects that the answer is merged into. */
  readonly path: PlanPath;
  /** Response names of the fields that were asked for, of the root or of the entities. */
  readonly fields: readonly string[];
  /** From the planner's aliases to the client's names. */
  readonly renamed: ReadonlyMap<string, string>;
}

/**
 * Puts errors of a fetch where the client can see what they are about. One about an entity is told at every place of
 * that entity; one about the fetch as a whole at each field that was asked for, for the first place alone: 200 rows
 * without their cluster are one failure.
 *
 * @param objects what the fetch was made for: one list for each representation, or a single one for a root fetch
 */
export function reportErrors(
  run: Run,
  errors: readonly AnyError[],
  target: FetchTarget,
  objects: readonly (readonly ObjectValue[])[],
  ofEntities: boolean,
): void {
  // Looked up only now: most fetches have no error.
  const places = placesAt(run.data, target.path);
  const placesOf = (list: readonly ObjectValue[] | undefined): ResponsePath[] =>
    (list ?? []).flatMap((object) => places.get(object) ?? []);
  const first = placesOf(objects[0])[0] ?? [];

  for (const error of errors) {
    const { path } = error;
    if (!path) reportFailure(run, error, target, first);
    else if (!ofEntities) {
      for (const place of placesOf(objects[0]).slice(0, maxPlacesOfError)) {
        run.errors.push(located(error, [...place, ...named(path, target)]));
      }
    } else if (typeof path[1] !== 'number') reportFailure(run, error, target, first);
    else {
      const rest = named(path.slice(2), target);
      const all = placesOf(objects[path[1]]).slice(0, maxPlacesOfError);
      for (const place of all.length > 0 ? all : [first]) {
        run.errors.push(located(error, [...place, ...rest]));
      }
    }
  }
}

function reportFailure(run: Run, error: AnyError, { fields }: FetchTarget, place: ResponsePath): void {
  for (const name of fields) run.errors.push(located(error, [...place, name]));
}

const named = (path: ResponsePath, { renamed }: FetchTarget): ResponsePath =>
  renamed.size === 0 ? path : path.map((step) => renamed.get(String(step)) ?? step);

export const located = (error: AnyError, path: ResponsePath | undefined): GraphQLError =>
  new GraphQLError(error.message, {
    path: path ?? null,
    extensions: { ...error.extensions },
    originalError: error instanceof Error ? error : null,
  });
