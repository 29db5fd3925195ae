import { ApiError } from '../../storage/api.js';
import { badRequest } from '../../storage/api-errors.js';
import { goKind } from '../../storage/decode.js';
import { jsonProblem } from '../body.js';
import { applyJsonPatch, JsonPatchError } from './json-patch.js';
import { applyMergePatch } from './merge-patch.js';
import { applyStrategicMergePatch } from './strategic-merge-patch.js';

export type PatchType = 'json' | 'merge' | 'strategic' | 'apply';

const types: Readonly<Record<string, PatchType>> = {
  'application/json-patch+json': 'json',
  'application/merge-patch+json': 'merge',
  'application/strategic-merge-patch+json': 'strategic',
  'application/apply-patch+yaml': 'apply',
};

export const patchTypeOf = (mediaType: string): PatchType => {
  const type = types[mediaType];
  if (!type) throw new ApiError(415, 'UnsupportedMediaType', '415: Unsupported Media Type', {});
  return type;
};

/** Reads the patch; throws 400 for what is none. */
export const parsePatch = (type: Exclude<PatchType, 'apply'>, text: string): any => {
  let patch: unknown;
  try {
    patch = JSON.parse(text);
  } catch {
    throw badRequest(`error decoding patch: ${jsonProblem(text)}`);
  }
  if (type === 'json' && !Array.isArray(patch))
    throw badRequest(
      `error decoding patch: json: cannot unmarshal ${goKind(patch)} into Go value of type []handlers.jsonPatchOp`,
    );
  if (type !== 'json' && (typeof patch !== 'object' || patch === null || Array.isArray(patch)))
    throw badRequest(`json: cannot unmarshal ${goKind(patch)} into Go value of type map[string]interface {}`);
  return patch;
};

export const applyPatch = (type: Exclude<PatchType, 'apply'>, model: string, live: any, patch: any): any => {
  switch (type) {
    case 'merge':
      return applyMergePatch(live, patch);
    case 'strategic':
      return applyStrategicMergePatch(model, live, patch);
    case 'json':
      try {
        return applyJsonPatch(live, patch);
      } catch (error) {
        if (!(error instanceof JsonPatchError)) throw error;
        throw new ApiError(
          422,
          'Invalid',
          'the server rejected our request due to an error in our request',
          {},
        );
      }
  }
};
