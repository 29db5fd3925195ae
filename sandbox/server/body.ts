import type { IncomingMessage } from 'node:http';
import { parse, YAMLParseError } from 'yaml';
import { ApiError, type Draft } from '../storage/api.js';
import { badRequest } from '../storage/api-errors.js';
import { goKind } from '../storage/decode.js';
import { PROTOBUF, protobufToJson } from './protobuf/envelope.js';

const LIMIT = 3 * 1024 * 1024;

/** The text of a body; Protobuf comes as the JSON of the same object. */
export const readBody = async (request: IncomingMessage): Promise<string> => {
  const bytes = await readBytes(request);
  return contentType(request) === PROTOBUF ? protobufToJson(bytes) : bytes.toString('utf8');
};

const readBytes = async (request: IncomingMessage): Promise<Buffer> => {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > LIMIT)
      throw new ApiError(413, 'RequestEntityTooLarge', `Request entity too large: limit is ${LIMIT}`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
};

/** Of the text that `readBody` gives. */
export const mediaTypeOf = (request: IncomingMessage): string =>
  contentType(request) === PROTOBUF ? 'application/json' : contentType(request);

const contentType = (request: IncomingMessage): string =>
  (request.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? '';

const unknownFormat = (): ApiError =>
  new ApiError(
    415,
    'UnsupportedMediaType',
    'the body of the request was in an unknown format - accepted media types include: application/json, application/yaml, application/vnd.kubernetes.protobuf',
  );

/** Reads JSON or YAML of the expected kind. `duplicates` are fields that occur twice; the last one counts. */
export const parseObject = (
  text: string,
  mediaType: string,
  expected: { kind: string; group: string; version: string },
): { draft: Draft; duplicates: string[] } => {
  if (mediaType === 'application/yaml')
    return { draft: checkKind(parseYaml(text), expected), duplicates: [] };
  if (mediaType !== '' && mediaType !== 'application/json') throw unknownFormat();
  const unrecognized = (why: string, shown: string): ApiError =>
    badRequest(
      `the object provided is unrecognized (must be of type ${expected.kind}): couldn't get version/kind; json parse error: ${why} (${shown})`,
    );
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw unrecognized(jsonProblem(text), excerpt(text));
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw unrecognized(
      `json: cannot unmarshal ${goKind(value)} into Go value of type struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }`,
      Buffer.from(text).toString('hex'),
    );
  return { draft: checkKind(value, expected), duplicates: duplicateFields(text) };
};

export const parseYaml = (text: string): unknown => {
  try {
    return parse(text, { maxAliasCount: 0 });
  } catch (error) {
    const why = error instanceof YAMLParseError ? yamlProblem(error) : 'could not be read';
    throw badRequest(`error decoding YAML: error converting YAML to JSON: yaml: ${why}`);
  }
};

const yamlProblem = (error: YAMLParseError): string =>
  error.code === 'BLOCK_AS_IMPLICIT_KEY' || /implicit|Nested mappings/.test(error.message)
    ? 'mapping values are not allowed in this context'
    : (error.message.split('\n')[0] ?? '');

const excerpt = (text: string): string => {
  if (text === '') return '<empty>';
  return text.length > 30 ? `${text.slice(0, 30)} ...` : text;
};

/** What Go says about JSON that it cannot read, as far as our parser tells. */
export const jsonProblem = (text: string): string => {
  try {
    JSON.parse(text);
  } catch (error) {
    const { message } = error as Error;
    const position = Number(/at position (\d+)/.exec(message)?.[1] ?? Number.NaN);
    const character = Number.isNaN(position) ? /token '(.)'/.exec(message)?.[1] : text[position];
    if (character !== undefined) return `invalid character '${character}' looking for beginning of value`;
  }
  return 'unexpected end of JSON input';
};

const checkKind = (
  value: any,
  { kind, group, version }: { kind: string; group: string; version: string },
): Draft => {
  const apiVersion = group ? `${group}/${version}` : version;
  const given = { kind: value.kind ?? kind, apiVersion: value.apiVersion ?? apiVersion };
  const givenVersion = given.apiVersion.split('/').at(-1);
  if (given.kind === kind && given.apiVersion !== apiVersion)
    throw badRequest(
      `${given.kind} in version "${given.apiVersion}" cannot be handled as a ${kind}: no kind "${given.kind}" is registered for version "${given.apiVersion}" in scheme "pkg/runtime/scheme.go:111"`,
    );
  if (given.kind !== kind)
    throw badRequest(
      `${given.kind} in version "${givenVersion}" cannot be handled as a ${kind}: converting (${givenVersion}.${given.kind}) to (core.${kind}): unknown conversion`,
    );
  return { ...value, metadata: value.metadata ?? {} };
};

/** Paths of keys that one object has twice. */
export const duplicateFields = (text: string): string[] => {
  const found: string[] = [];
  const stack: { keys: Set<string> | undefined; path: string; lastKey: string }[] = [];
  const token = /"(?:[^"\\]|\\.)*"|[{}[\]:,]/g;
  let previous: string | undefined;
  for (let match = token.exec(text); match; match = token.exec(text)) {
    const [piece] = match;
    const top = stack.at(-1);
    if (piece === '{' || piece === '[') {
      const path = top?.keys ? joinPath(top.path, top.lastKey) : (top?.path ?? '');
      stack.push({ keys: piece === '{' ? new Set() : undefined, path, lastKey: '' });
    } else if (piece === '}' || piece === ']') stack.pop();
    else if (piece === ':' && top?.keys && previous?.startsWith('"')) {
      const key = JSON.parse(previous) as string;
      if (top.keys.has(key)) found.push(joinPath(top.path, key));
      top.keys.add(key);
      top.lastKey = key;
    }
    previous = piece;
  }
  return found;
};

const joinPath = (path: string, key: string): string => (path ? `${path}.${key}` : key);
