import { BadUserInputError } from '../errors.js';
import { quoted } from './names.js';

/** A Kubernetes quantity such as `250m` or `1Gi`: exact, in units of 10^-9. */
export interface Quantity {
  readonly nanos: bigint;
  /** Written with Ki, Mi, Gi… rather than k, M, G… */
  readonly binary: boolean;
}

const nanosPerUnit = 1_000_000_000n;

const decimalSuffixes: readonly (readonly [string, bigint])[] = [
  ['E', 10n ** 27n],
  ['P', 10n ** 24n],
  ['T', 10n ** 21n],
  ['G', 10n ** 18n],
  ['M', 10n ** 15n],
  ['k', 10n ** 12n],
  ['', nanosPerUnit],
  ['m', 1_000_000n],
  ['u', 1_000n],
  ['n', 1n],
];
const binarySuffixes: readonly (readonly [string, bigint])[] = [
  ['Ei', nanosPerUnit << 60n],
  ['Pi', nanosPerUnit << 50n],
  ['Ti', nanosPerUnit << 40n],
  ['Gi', nanosPerUnit << 30n],
  ['Mi', nanosPerUnit << 20n],
  ['Ki', nanosPerUnit << 10n],
  ['', nanosPerUnit],
];
const factors = new Map([...binarySuffixes, ...decimalSuffixes]);

const pattern = /^([+-]?)(\d*)(?:\.(\d*))?(?:([EPTGMK]i|[EPTGMkmun])|[eE]([+-]?\d{1,2}))?$/;
const longest = 40;
const largest = ((1n << 63n) - 1n) * nanosPerUnit;

/** Throws BadUserInputError naming the value and the remedy. */
export function parseQuantity(value: string, field: readonly string[]): Quantity {
  const quantity = readQuantity(value);
  if (quantity) return quantity;
  throw BadUserInputError.at(
    field,
    `${quoted(value)} is not a quantity: write a number with an optional unit, such as 250m, 2, 512Mi or 10Gi.`,
  );
}

/** What a cluster says; undefined when it is absent or no quantity. Finer than 10^-9 is rounded up, as Kubernetes does. */
export function readQuantity(value: string | number | undefined | null): Quantity | undefined {
  const text = typeof value === 'number' ? String(value) : (value ?? '');
  const match = text.length <= longest ? pattern.exec(text) : null;
  if (!match) return undefined;
  const [, sign, whole = '', fraction = '', suffix = '', exponent] = match;
  if (whole + fraction === '') return undefined;

  let numerator = BigInt(whole + fraction) * (factors.get(suffix) ?? nanosPerUnit);
  const shift = Number(exponent ?? 0) - fraction.length;
  if (shift >= 0) numerator *= 10n ** BigInt(shift);
  else numerator = ceilDivide(numerator, 10n ** BigInt(-shift));
  if (numerator > largest) return undefined;
  return { nanos: sign === '-' ? -numerator : numerator, binary: suffix.endsWith('i') };
}

/** The shortest exact form: `1500m`, `2`, `1536Mi`. */
export function formatQuantity({ nanos, binary }: Quantity): string {
  const size = nanos < 0n ? -nanos : nanos;
  if (size === 0n) return '0';
  const suffixes = binary && size % nanosPerUnit === 0n ? binarySuffixes : decimalSuffixes;
  const [suffix, factor] = suffixes.find(([, unit]) => size % unit === 0n) ?? ['n', 1n];
  return `${nanos / factor}${suffix}`;
}

/** Negative, zero or positive, as `sort` wants it. */
export const compareQuantities = (a: Quantity, b: Quantity): number =>
  a.nanos < b.nanos ? -1 : a.nanos > b.nanos ? 1 : 0;

/** Written like the first that isn't zero. */
export const addQuantities = (...quantities: readonly Quantity[]): Quantity => ({
  nanos: quantities.reduce((sum, quantity) => sum + quantity.nanos, 0n),
  binary: quantities.find((quantity) => quantity.nanos !== 0n)?.binary ?? false,
});

export const subtractQuantities = (a: Quantity, b: Quantity): Quantity => ({
  ...a,
  nanos: a.nanos - b.nanos,
});

export const multiplyQuantity = (quantity: Quantity, times: number): Quantity => ({
  ...quantity,
  nanos: quantity.nanos * BigInt(times),
});

/** Cores, bytes or pieces; exact up to 2^53 of them. */
export const quantityToNumber = ({ nanos }: Quantity): number =>
  Number(nanos / nanosPerUnit) + Number(nanos % nanosPerUnit) / 1e9;

/** Thousandths, rounded up: how CPU is counted. */
export const quantityToMillis = ({ nanos }: Quantity): number => Number(ceilDivide(nanos, 1_000_000n));

const ceilDivide = (a: bigint, b: bigint): bigint => a / b + (a % b > 0n ? 1n : 0n);
