import type { ServerResponse } from 'node:http';
import { badRequest } from '../storage/api-errors.js';
import { FieldErrors } from '../storage/field-errors.js';
import { addWarning } from './answer.js';

const OPTIONS_GROUP = 'meta.k8s.io';

export interface WriteQuery {
  readonly dryRun: boolean;
  readonly manager: string;
  readonly fieldValidation: 'Strict' | 'Warn' | 'Ignore';
}

/** Parameters of create, update and patch. Throws the 422 of the options kind. */
export const readWriteQuery = (
  query: URLSearchParams,
  kind: 'CreateOptions' | 'UpdateOptions' | 'PatchOptions' | 'DeleteOptions',
  userAgent: string | undefined,
  check?: (errors: FieldErrors) => void,
): WriteQuery => {
  const errors = new FieldErrors();
  const fieldManager = query.get('fieldManager') ?? '';
  check?.(errors);
  if (Buffer.byteLength(fieldManager) > 128)
    errors.add('FieldValueTooLong', 'fieldManager', 'Too long: may not be more than 128 bytes');
  const dryRun = query.getAll('dryRun').filter((value) => value !== '');
  if (dryRun.some((value) => value !== 'All')) errors.notSupported('dryRun', dryRun, ['All']);
  const fieldValidation = query.get('fieldValidation') ?? '';
  if (!['', 'Ignore', 'Warn', 'Strict'].includes(fieldValidation))
    errors.notSupported('fieldValidation', fieldValidation, ['', 'Ignore', 'Strict', 'Warn']);
  errors.throwIfAny({ kind, group: OPTIONS_GROUP, name: '' });
  return {
    dryRun: dryRun.length > 0,
    manager: fieldManager || managerOf(userAgent),
    fieldValidation: (fieldValidation || 'Warn') as WriteQuery['fieldValidation'],
  };
};

/** Without a field manager, the program's name counts. */
const managerOf = (userAgent: string | undefined): string =>
  (userAgent ?? '').split('/')[0]?.slice(0, 128) || 'unknown';

/** What fieldValidation does with fields that are not there or there twice. */
export const reportFields = (
  unknown: readonly string[],
  duplicates: readonly string[],
  validation: WriteQuery['fieldValidation'],
  subject: string,
  response: ServerResponse,
): void => {
  const problems = [
    ...duplicates.map((path) => `duplicate field "${path}"`),
    ...unknown.map((path) => `unknown field "${path}"`),
  ];
  if (problems.length === 0 || validation === 'Ignore') return;
  if (validation === 'Strict') throw badRequest(`${subject}: strict decoding error: ${problems.join(', ')}`);
  for (const problem of problems) addWarning(response, problem);
};

export interface ListQuery {
  readonly limit: number;
  readonly continue: string;
  readonly resourceVersion: string;
  readonly resourceVersionMatch: string;
  readonly labelSelector: string;
  readonly fieldSelector: string;
  readonly timeoutSeconds: number | undefined;
  readonly allowWatchBookmarks: boolean;
  readonly sendInitialEvents: boolean | undefined;
}

export const readListQuery = (query: URLSearchParams, isWatch: boolean): ListQuery => {
  const sendInitialEvents = query.get('sendInitialEvents');
  const options: ListQuery = {
    limit: readInteger(query.get('limit')) ?? 0,
    continue: query.get('continue') ?? '',
    resourceVersion: query.get('resourceVersion') ?? '',
    resourceVersionMatch: query.get('resourceVersionMatch') ?? '',
    labelSelector: query.get('labelSelector') ?? '',
    fieldSelector: query.get('fieldSelector') ?? '',
    timeoutSeconds: readInteger(query.get('timeoutSeconds')),
    allowWatchBookmarks: readBoolean(query.get('allowWatchBookmarks')) ?? false,
    sendInitialEvents: readBoolean(sendInitialEvents),
  };
  const errors = new FieldErrors();
  if (isWatch) checkWatch(options, errors);
  else checkList(options, errors);
  errors.throwIfAny({ kind: 'ListOptions', group: OPTIONS_GROUP, name: '' });
  return options;
};

const MATCH = 'resourceVersionMatch';

const checkWatch = (
  { resourceVersionMatch: match, sendInitialEvents }: ListQuery,
  errors: FieldErrors,
): void => {
  if (sendInitialEvents !== undefined) {
    if (match !== 'NotOlderThan')
      errors.forbidden(MATCH, 'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan');
    if (match !== '' && match !== 'NotOlderThan') errors.notSupported(MATCH, match, ['NotOlderThan']);
  } else if (match !== '')
    errors.forbidden(
      MATCH,
      'resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided',
    );
};

const checkList = (options: ListQuery, errors: FieldErrors): void => {
  const { resourceVersionMatch: match, resourceVersion, sendInitialEvents } = options;
  if (match !== '') {
    if (resourceVersion === '')
      errors.forbidden(MATCH, 'resourceVersionMatch is forbidden unless resourceVersion is provided');
    if (options.continue !== '')
      errors.forbidden(MATCH, 'resourceVersionMatch is forbidden when continue is provided');
    if (match !== 'Exact' && match !== 'NotOlderThan')
      errors.add(
        'FieldValueNotSupported',
        MATCH,
        `Unsupported value: ${JSON.stringify(match)}: supported values: "Exact", "NotOlderThan", ""`,
      );
    if (match === 'Exact' && resourceVersion === '0')
      errors.forbidden(MATCH, 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"');
  }
  if (sendInitialEvents !== undefined)
    errors.forbidden('sendInitialEvents', 'sendInitialEvents is forbidden for list');
};

export const readInteger = (given: string | null): number | undefined => {
  if (given === null || given === '') return undefined;
  if (!/^[+-]?\d+$/.test(given))
    throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(given)}: invalid syntax`);
  return Number(given);
};

export const readBoolean = (given: string | null): boolean | undefined => {
  if (given === null) return undefined;
  return !['', '0', 'false', 'False', 'FALSE', 'f', 'F'].includes(given);
};
