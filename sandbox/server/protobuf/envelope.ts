import { ApiError } from '../../storage/api.js';
import { badRequest } from '../../storage/api-errors.js';
import { apiVersionOf } from '../../storage/resource.js';
import { reviews } from '../../storage/reviewed-kinds.js';
import { servedKinds } from '../served-kinds.js';
import { decodeProtobuf } from './decode-protobuf.js';
import { WireError, wireFields } from './wire.js';

export const PROTOBUF = 'application/vnd.kubernetes.protobuf';

/** What every Protobuf body begins with. */
const MAGIC = Buffer.from('k8s\0');

/** Kinds that are neither stored nor reviews. */
const otherModels: Readonly<Record<string, string>> = {
  DeleteOptions: 'V1DeleteOptions',
  Scale: 'V1Scale',
  Eviction: 'V1Eviction',
  Binding: 'V1Binding',
  TokenRequest: 'AuthenticationV1TokenRequest',
};

/**
 * The JSON of an object that was sent as Protobuf, which is how kubectl and other Go clients create things
 * (https://kubernetes.io/docs/reference/using-api/api-concepts/#protobuf-encoding). Answers are JSON, which those
 * clients take as well. Throws 400 for what is no such body.
 */
export const protobufToJson = (body: Buffer): string => {
  if (body.length === 0) return '';
  try {
    if (!body.subarray(0, MAGIC.length).equals(MAGIC))
      throw new WireError(
        'provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]',
      );
    const envelope = bytesByNumber(body.subarray(MAGIC.length));
    const type = bytesByNumber(envelope.get(1) ?? Buffer.alloc(0));
    const apiVersion = type.get(1)?.toString() ?? '';
    const kind = type.get(2)?.toString() ?? '';
    const model = modelOf(apiVersion, kind);
    if (!model) throw badRequest(`no kind "${kind}" is registered for version "${apiVersion}"`);
    return JSON.stringify({
      apiVersion,
      kind,
      ...decodeProtobuf(model, envelope.get(2) ?? Buffer.alloc(0)),
    });
  } catch (error) {
    if (error instanceof ApiError) throw error;
    const why = error instanceof Error ? error.message : String(error);
    throw badRequest(`the object provided is unrecognized: ${why}`);
  }
};

const bytesByNumber = (message: Buffer): Map<number, Buffer> =>
  new Map([...wireFields(message)].map(({ number, bytes }) => [number, bytes]));

const modelOf = (apiVersion: string, kind: string): string | undefined =>
  servedKinds.find((each) => each.resource.kind === kind && apiVersionOf(each) === apiVersion)?.model ??
  reviews.find((each) => each.kind === kind && apiVersionOf(each) === apiVersion)?.model ??
  otherModels[kind];
