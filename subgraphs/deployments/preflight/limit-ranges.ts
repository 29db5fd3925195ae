import { quoted } from '../../shared/kubernetes/names.js';
import { compareQuantities, type Quantity, readQuantity } from '../../shared/kubernetes/quantity.js';
import type { LimitRange } from '../../shared/kubernetes/resources.js';
import type { ResourceAmountsSpec, ServiceSpec } from '../service/service-spec.js';
import type { SpecProblem } from './spec-problem.js';

type Amounts = Readonly<Record<string, string>>;
type Range = LimitRangeItem & { readonly rangeName: string };
type LimitRangeItem = NonNullable<LimitRange['spec']>['limits'][number];

/** What the one container of a pod asks for, once the API server has filled in what was left out. */
export interface PodAmounts {
  readonly requests: Amounts;
  readonly limits: Amounts;
}

/**
 * As the API server does it: a request that is not given is the limit; then each LimitRange adds its defaults.
 * https://kubernetes.io/docs/concepts/policy/limit-range/
 */
export function amountsOf(
  spec: Pick<ServiceSpec, 'requests' | 'limits'>,
  ranges: readonly LimitRange[],
): PodAmounts {
  const given = textsOf(spec.limits);
  let amounts: PodAmounts = { requests: { ...given, ...textsOf(spec.requests) }, limits: given };
  for (const range of rangesOf(ranges, ['Container'])) {
    amounts = {
      requests: { ...range.defaultRequest, ...amounts.requests },
      limits: { ...range['default'], ...amounts.limits },
    };
  }
  return amounts;
}

const textsOf = (amounts: ResourceAmountsSpec | null): Record<string, string> =>
  Object.fromEntries(
    (['cpu', 'memory'] as const).flatMap((name) => (amounts?.[name] == null ? [] : [[name, amounts[name]]])),
  );

/** Why the API server would make no pod of these amounts; the Deployment itself it would take. */
export function limitRangeProblems(amounts: PodAmounts, ranges: readonly LimitRange[]): SpecProblem[] {
  return [
    ...rangesOf(ranges, ['Container', 'Pod']).flatMap((range) => [
      ...minimumProblems(amounts, range),
      ...maximumProblems(amounts, range),
      ...ratioProblems(amounts, range),
    ]),
    ...beyondDefaultLimit(amounts),
  ];
}

const rangesOf = (ranges: readonly LimitRange[], types: readonly string[]): Range[] =>
  ranges.flatMap(({ metadata, spec }) =>
    (spec?.limits ?? [])
      .filter(({ type }) => types.includes(type))
      .map((item) => ({ ...item, rangeName: metadata?.name ?? '' })),
  );

function* entriesOf(bounds: Amounts | undefined): Generator<[string, string, Quantity]> {
  for (const [name, text] of Object.entries(bounds ?? {})) {
    const bound = readQuantity(text);
    if (bound) yield [name, text, bound];
  }
}

const subject = ({ rangeName, type }: Range): string =>
  `The LimitRange ${quoted(rangeName)} of the namespace wants of each ${type === 'Pod' ? 'pod' : 'container'}`;

function minimumProblems({ requests, limits }: PodAmounts, range: Range): SpecProblem[] {
  return [...entriesOf(range.min)].flatMap(([name, text, bound]) => {
    const wanted = `${subject(range)} at least ${text} ${name}`;
    const request = readQuantity(requests[name]);
    const limit = readQuantity(limits[name]);
    if (!request) return [at('requests', name, `${wanted}, but requests.${name} is not given: give it.`)];
    if (compareQuantities(request, bound) < 0) {
      return [at('requests', name, `${wanted}, but requests.${name} is ${requests[name]}: raise it.`)];
    }
    return limit && compareQuantities(limit, bound) < 0
      ? [at('limits', name, `${wanted}, but limits.${name} is ${limits[name]}: raise it.`)]
      : [];
  });
}

function maximumProblems({ requests, limits }: PodAmounts, range: Range): SpecProblem[] {
  return [...entriesOf(range.max)].flatMap(([name, text, bound]) => {
    const wanted = `${subject(range)} at most ${text} ${name}`;
    const request = readQuantity(requests[name]);
    const limit = readQuantity(limits[name]);
    if (!limit) return [at('limits', name, `${wanted}, but limits.${name} is not given: give it.`)];
    if (compareQuantities(limit, bound) > 0) {
      return [at('limits', name, `${wanted}, but limits.${name} is ${limits[name]}: lower it.`)];
    }
    return request && compareQuantities(request, bound) > 0
      ? [at('requests', name, `${wanted}, but requests.${name} is ${requests[name]}: lower it.`)]
      : [];
  });
}

function ratioProblems({ requests, limits }: PodAmounts, range: Range): SpecProblem[] {
  return [...entriesOf(range.maxLimitRequestRatio)].flatMap(([name, text, ratio]) => {
    const request = readQuantity(requests[name]);
    const limit = readQuantity(limits[name]);
    const wanted = `${subject(range)} a ${name} limit of at most ${text} times its request`;
    if (!request || !limit || request.nanos === 0n) {
      return [at('limits', name, `${wanted}, but not both are given: give them.`)];
    }
    return limit.nanos * 1_000_000_000n > request.nanos * ratio.nanos
      ? [at('limits', name, `${wanted}, but they are ${limits[name]} and ${requests[name]}.`)]
      : [];
  });
}

/** A limit that was filled in may be below the request that was given: such a pod is not valid. */
const beyondDefaultLimit = ({ requests, limits }: PodAmounts): SpecProblem[] =>
  Object.entries(requests).flatMap(([name, text]) => {
    const [request, limit] = [readQuantity(text), readQuantity(limits[name])];
    return request && limit && compareQuantities(request, limit) > 0
      ? [
          at(
            'limits',
            name,
            `requests.${name} is ${text}, above the limit ${limits[name]} that a LimitRange of the namespace gives to containers without one: give limits.${name}.`,
          ),
        ]
      : [];
  });

const at = (field: string, name: string, message: string): SpecProblem => ({ path: [field, name], message });
