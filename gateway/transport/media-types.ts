import { BoundedCache } from '../../subgraphs/shared/bounded-cache.js';

/** What a result can be sent as (GraphQL over HTTP, section 6); the first when the client doesn't mind. */
const resultTypes = ['application/json', 'application/graphql-response+json'] as const;
export type ResultType = (typeof resultTypes)[number];

export const contentTypes: Readonly<Record<ResultType, string>> = {
  'application/json': 'application/json; charset=utf-8',
  'application/graphql-response+json': 'application/graphql-response+json; charset=utf-8',
};

interface AcceptedRange {
  readonly type: string;
  readonly subtype: string;
  readonly quality: number;
  readonly charset: string | undefined;
  /** Has a parameter that our types have not. */
  readonly foreign: boolean;
}

const negotiated = new BoundedCache<string, ResultType | 'none'>({ maxEntries: 200, maxWeight: 50_000 });

/** The type that an `accept` header prefers (RFC 9110, section 12.5.1); undefined when it takes neither. */
export function resultTypeFor(accept: string | undefined): ResultType | undefined {
  if (!accept) return resultTypes[0];
  let chosen = negotiated.get(accept);
  if (!chosen) {
    chosen = preferred(accept) ?? 'none';
    negotiated.set(accept, chosen, accept.length);
  }
  return chosen === 'none' ? undefined : chosen;
}

function preferred(accept: string): ResultType | undefined {
  const ranges = accept.split(',').map(readRange);
  const candidates = resultTypes.flatMap((type, index) => {
    // The most specific range that names a type decides for it.
    const best = ranges
      .map((range, order) => ({
        type,
        index,
        order,
        quality: range.quality,
        specificity: specificityOf(range, type),
      }))
      .filter(({ specificity }) => specificity > 0)
      .sort((a, b) => b.specificity - a.specificity || b.quality - a.quality || a.order - b.order)[0];
    return best && best.quality > 0 ? [best] : [];
  });
  candidates.sort(
    (a, b) =>
      b.quality - a.quality || b.specificity - a.specificity || a.order - b.order || a.index - b.index,
  );
  return candidates[0]?.type;
}

/** 0 when the range does not take the type; more for each part that it names. */
function specificityOf({ type, subtype, charset, foreign }: AcceptedRange, candidate: ResultType): number {
  if (foreign || (charset !== undefined && charset !== 'utf-8')) return 0;
  if (type === '*') return subtype === '*' ? 1 : 0;
  if (type !== 'application') return 0;
  if (subtype === '*') return 2;
  if (`application/${subtype}` !== candidate) return 0;
  return charset === undefined ? 3 : 4;
}

function readRange(text: string): AcceptedRange {
  const [range = '', ...parameters] = text.split(';').map((part) => part.trim().toLowerCase());
  const [type = '', subtype = ''] = range.split('/');
  const read = { type, subtype, quality: 1, charset: undefined as string | undefined, foreign: false };
  for (const parameter of parameters) {
    const [name = '', value = ''] = parameter.split('=').map((part) => part.trim().replace(/^"|"$/g, ''));
    if (name === 'q') read.quality = Number(value) || 0;
    else if (name === 'charset') read.charset = value;
    else read.foreign = true;
  }
  return read;
}
