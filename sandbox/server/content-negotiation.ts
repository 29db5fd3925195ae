import { ApiError } from '../storage/api.js';

export interface Accepted {
  readonly format: 'json' | 'yaml';
  /** A transformation that the client asked for, such as `Table`. */
  readonly as?: 'Table' | 'PartialObjectMetadata' | 'PartialObjectMetadataList';
}

const AVAILABLE = 'application/json, application/yaml, application/vnd.kubernetes.protobuf';

export interface MediaType {
  readonly type: string;
  readonly parameters: Readonly<Record<string, string>>;
}

export const parseAccept = (header: string | undefined): MediaType[] =>
  (header || '*/*').split(',').map((part) => {
    const [type = '', ...parameters] = part.split(';').map((piece) => piece.trim());
    return {
      type,
      parameters: Object.fromEntries(parameters.map((each) => each.split('=') as [string, string])),
    };
  });

const isTransformation = (name: string | undefined): name is NonNullable<Accepted['as']> =>
  name === 'Table' || name === 'PartialObjectMetadata' || name === 'PartialObjectMetadataList';

/** The first form that the client takes and the server has; Protobuf is passed over. Throws 406. */
export const negotiate = (header: string | undefined, takesTransformations = true): Accepted => {
  for (const { type, parameters } of parseAccept(header)) {
    const format = formatOf(type);
    if (!format) continue;
    const { as, g } = parameters;
    if (as === undefined) return { format };
    if (takesTransformations && g === 'meta.k8s.io' && isTransformation(as)) return { format, as };
  }
  throw notAcceptable(
    takesTransformations
      ? `406: Not Acceptable\n\nAvailable representations: ${AVAILABLE}`
      : `only the following media types are accepted: ${AVAILABLE}`,
    takesTransformations ? {} : undefined,
  );
};

export const notAcceptable = (message: string, details?: object): ApiError =>
  new ApiError(406, 'NotAcceptable', message, details);

const formatOf = (type: string): Accepted['format'] | undefined => {
  if (['application/json', '*/*', 'application/*'].includes(type)) return 'json';
  return type === 'application/yaml' ? 'yaml' : undefined;
};
