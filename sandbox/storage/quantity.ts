/** Kubernetes quantities, exact: a value in nano units. */

const PATTERN = /^([+-]?)(\d+(?:\.\d*)?|\.\d+)(m|n|u|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|[eE][+-]?\d+)?$/;
const NANO = 1_000_000_000n;
const binary: Record<string, bigint> = {
  Ki: 1n << 10n,
  Mi: 1n << 20n,
  Gi: 1n << 30n,
  Ti: 1n << 40n,
  Pi: 1n << 50n,
  Ei: 1n << 60n,
};
const decimal: Record<string, number> = { n: -9, u: -6, m: -3, '': 0, k: 3, M: 6, G: 9, T: 12, P: 15, E: 18 };

export type QuantityFormat = 'binary' | 'decimal' | 'exponent';

export interface Quantity {
  /** In units of one thousand-millionth. */
  readonly nano: bigint;
  readonly format: QuantityFormat;
}

/** Clusters use few different quantities, over and over. */
const REMEMBERED = 2000;
const parsed = new Map<string | number, Quantity | undefined>();

/** Undefined when the text is not a quantity. */
export const parseQuantity = (given: string | number): Quantity | undefined => {
  const known = parsed.get(given);
  if (known) return known;
  const read = readQuantity(given);
  if (parsed.size >= REMEMBERED) parsed.clear();
  parsed.set(given, read);
  return read;
};

const readQuantity = (given: string | number): Quantity | undefined => {
  const match = PATTERN.exec(String(given).trim());
  if (!match) return undefined;
  const [, sign, digits = '', suffix = ''] = match;
  const [whole = '', fraction = ''] = digits.split('.');
  const format = suffix in binary ? 'binary' : /^[eE]/.test(suffix) ? 'exponent' : 'decimal';
  const unscaled = BigInt(`${whole}${fraction}` || '0');
  const factor = binary[suffix] ?? 1n;
  const exponent =
    9 - fraction.length + (format === 'exponent' ? Number(suffix.slice(1)) : (decimal[suffix] ?? 0));
  if (Math.abs(exponent) > 60) return undefined;
  // Finer than nano is rounded up, as the real type does.
  const scaled = unscaled * factor;
  const nano = exponent >= 0 ? scaled * 10n ** BigInt(exponent) : divideUp(scaled, 10n ** BigInt(-exponent));
  return { nano: sign === '-' ? -nano : nano, format };
};

/** The canonical text: no fractions, the largest suffix that loses nothing. */
export const formatQuantity = ({ nano, format }: Quantity): string => {
  if (nano === 0n) return '0';
  const sign = nano < 0n ? '-' : '';
  const size = nano < 0n ? -nano : nano;
  if (format === 'binary' && size % NANO === 0n && size / NANO >= 1024n) {
    const value = size / NANO;
    const suffix = ['Ei', 'Pi', 'Ti', 'Gi', 'Mi', 'Ki'].find(
      (name) => value % (binary[name] as bigint) === 0n,
    );
    return suffix ? `${sign}${value / (binary[suffix] as bigint)}${suffix}` : `${sign}${value}`;
  }
  let value = size;
  let exponent = -9;
  while (exponent < 18 && value % 1000n === 0n) {
    value /= 1000n;
    exponent += 3;
  }
  if (format === 'exponent') return exponent === 0 ? `${sign}${value}` : `${sign}${value}e${exponent}`;
  const suffix = Object.entries(decimal).find(([, power]) => power === exponent)?.[0] ?? '';
  return `${sign}${value}${suffix}`;
};

export const quantity = (given: string | number): Quantity => {
  const parsed = parseQuantity(given);
  if (!parsed) throw new Error(`${given} is not a quantity`);
  return parsed;
};

export const addQuantities = (a: Quantity, b: Quantity): Quantity => ({
  nano: a.nano + b.nano,
  format: a.nano === 0n ? b.format : a.format,
});

export const subtractQuantities = (a: Quantity, b: Quantity): Quantity =>
  addQuantities(a, { ...b, nano: -b.nano });

export const zeroQuantity: Quantity = { nano: 0n, format: 'decimal' };

const divideUp = (value: bigint, by: bigint): bigint => (value + by - 1n) / by;
