import type { IncomingMessage } from 'node:http';
import type { ErrorCode } from '../../subgraphs/shared/errors.js';
import { readBody } from '../../subgraphs/shared/http-body.js';
import type { OperationRequest } from '../admission.js';
import { hasDuplicateKeys } from './duplicate-keys.js';

export const maxBodyBytes = 2 * 1_024 * 1_024;

/** Refused before it is GraphQL. */
export class HttpError extends Error {
  readonly extensions: { readonly code: ErrorCode };
  constructor(
    readonly status: number,
    code: ErrorCode,
    message: string,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
    this.extensions = { code };
  }
}

/** Throws HttpError or TooLargeError. */
export async function readJson(request: IncomingMessage): Promise<unknown> {
  const bytes = await readBody(request, maxBodyBytes);
  const encoding = request.headers['content-encoding'] ?? 'identity';
  if (encoding !== 'identity') {
    throw new HttpError(415, 'BAD_USER_INPUT', 'Send the body without content-encoding.');
  }
  const { 'content-type': contentType = '' } = request.headers;
  if (contentType !== 'application/json') {
    const [type = '', ...rest] = contentType.toLowerCase().split(';');
    const charset = rest.map((text) => text.trim()).find((text) => text.startsWith('charset='));
    if (type.trim() !== 'application/json' || !/^(charset="?utf-?8"?)?$/.test(charset ?? '')) {
      throw new HttpError(415, 'BAD_USER_INPUT', 'Send content-type: application/json, in UTF-8.');
    }
  }
  const { text, value } = parsed(bytes);
  if (hasDuplicateKeys(text, parameters)) {
    throw new HttpError(400, 'BAD_USER_INPUT', 'The body names a key twice: send each once.');
  }
  return value;
}

const parameters = ['query', 'documentId', 'operationName', 'variables', 'extensions'];

function parsed(bytes: Buffer): { readonly text: string; readonly value: unknown } {
  try {
    const text = utf8.decode(bytes);
    return { text, value: JSON.parse(text) };
  } catch {
    throw new HttpError(400, 'BAD_USER_INPUT', 'The body is not JSON.');
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** The operation that a JSON body asks for; undefined when it is malformed, which Apollo Server explains. */
export function operationRequestIn(body: unknown): OperationRequest | undefined {
  if (!isObject(body)) return undefined;
  const { query, documentId, operationName, variables, extensions } = body;
  if (query !== undefined && typeof query !== 'string') return undefined;
  if (operationName !== undefined && operationName !== null && typeof operationName !== 'string')
    return undefined;
  if (variables !== undefined && variables !== null && !isObject(variables)) return undefined;
  if (extensions !== undefined && extensions !== null && !isObject(extensions)) return undefined;
  if (!query && (documentId ?? undefined) === undefined && !extensions?.['persistedQuery']) return undefined;
  return { query, documentId, operationName, variables, extensions };
}

/**
 * The operation that the parameters of a GET ask for (GraphQL over HTTP, section 5.3); undefined when they name no
 * document. Throws HttpError for what is malformed.
 */
export function operationRequestInUrl(url: string): OperationRequest | undefined {
  const { searchParams } = new URL(url, 'http://localhost');
  const given = parameters.map((name) => {
    const [value, ...others] = searchParams.getAll(name);
    if (others.length > 0) {
      throw new HttpError(400, 'BAD_USER_INPUT', `The URL has ${name} twice: send it once.`);
    }
    if (!value) return [name, undefined] as const;
    return [name, jsonParameters.has(name) ? parsedParameter(name, value) : value] as const;
  });
  return operationRequestIn(Object.fromEntries(given));
}

const jsonParameters = new Set(['variables', 'extensions']);

function parsedParameter(name: string, text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    if (value === null || isObject(value)) return value;
  } catch {
    // As what is no object.
  }
  throw new HttpError(400, 'BAD_USER_INPUT', `${name} in the URL is not a JSON object.`);
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
