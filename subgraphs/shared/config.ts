/** Reading settings from the environment: once, at start, with every problem reported together. */
export type Env = Readonly<Record<string, string | undefined>>;

/** One setting: how it is called, and how its text becomes a value. `parse` throws an Error whose message is the remedy. */
export interface Setting<T> {
  readonly name: string;
  readonly parse: (text: string | undefined) => T;
}

type Shape = { readonly [key: string]: Setting<unknown> | Shape };
export type ConfigOf<S> = { readonly [K in keyof S]: S[K] extends Setting<infer T> ? T : ConfigOf<S[K]> };

/** Every problem found in the environment, one line for each setting. */
export class ConfigError extends Error {
  constructor(readonly problems: readonly string[]) {
    super(problems.join('\n'));
    this.name = 'ConfigError';
  }
}

export function readConfig<const S extends Shape>(env: Env, shape: S): ConfigOf<S> {
  const problems: string[] = [];
  const read = (part: Shape): Record<string, unknown> =>
    Object.fromEntries(
      Object.entries(part).map(([key, setting]) => {
        if (!isSetting(setting)) return [key, read(setting)];
        try {
          return [key, setting.parse(env[setting.name]?.trim() || undefined)];
        } catch (error) {
          problems.push(`${setting.name}: ${error instanceof Error ? error.message : String(error)}`);
          return [key, undefined];
        }
      }),
    );
  const config = read(shape);
  if (problems.length > 0) throw new ConfigError(problems);
  return config as ConfigOf<S>;
}

/** What several readers read, with the problems of all of them reported together. */
export function readConfigs<const R extends Readonly<Record<string, () => unknown>>>(
  readers: R,
): { readonly [K in keyof R]: ReturnType<R[K]> } {
  const problems: string[] = [];
  const configs = Object.entries(readers).map(([key, read]) => {
    try {
      return [key, read()];
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      problems.push(...error.problems);
      return [key, undefined];
    }
  });
  if (problems.length > 0) throw new ConfigError(problems);
  return Object.fromEntries(configs) as { readonly [K in keyof R]: ReturnType<R[K]> };
}

const isSetting = (value: Setting<unknown> | Shape): value is Setting<unknown> =>
  typeof value['parse'] === 'function';

const setting = <T>(name: string, parse: (text: string) => T, fallback: T | undefined): Setting<T> => ({
  name,
  parse: (text) => {
    if (text !== undefined) return parse(text);
    if (fallback === undefined) throw new Error('is required');
    return fallback;
  },
});

export const text = (name: string, fallback?: string): Setting<string> =>
  setting(name, (value) => value, fallback);

export const optionalText = (name: string): Setting<string | null> =>
  setting<string | null>(name, (value) => value, null);

export const integer = (
  name: string,
  range: { min: number; max: number },
  fallback?: number,
): Setting<number> =>
  setting(
    name,
    (value) => {
      const number = Number(value);
      if (!Number.isInteger(number) || number < range.min || number > range.max) {
        throw new Error(`${JSON.stringify(value)} is not a whole number from ${range.min} to ${range.max}`);
      }
      return number;
    },
    fallback,
  );

export const decimal = (
  name: string,
  range: { min: number; max: number },
  fallback?: number,
): Setting<number> =>
  setting(
    name,
    (value) => {
      const number = Number(value);
      if (!(number >= range.min && number <= range.max)) {
        throw new Error(`${JSON.stringify(value)} is not a number from ${range.min} to ${range.max}`);
      }
      return number;
    },
    fallback,
  );

/** A TCP port; 0 asks the operating system for a free one. */
export const port = (name: string, fallback?: number): Setting<number> =>
  integer(name, { min: 0, max: 65_535 }, fallback);

export const oneOf = <const T extends string>(name: string, values: readonly T[], fallback?: T): Setting<T> =>
  setting(
    name,
    (value) => {
      const found = values.find((candidate) => candidate === value);
      if (found === undefined) throw new Error(`${JSON.stringify(value)} is not one of ${values.join(', ')}`);
      return found;
    },
    fallback,
  );

export const flag = (name: string, fallback: boolean): Setting<boolean> =>
  setting(
    name,
    (value) => {
      if (/^(true|1|yes|on)$/i.test(value)) return true;
      if (/^(false|0|no|off)$/i.test(value)) return false;
      throw new Error(`${JSON.stringify(value)} is neither true nor false`);
    },
    fallback,
  );

/** A URL with one of the given protocols, such as `['http:', 'https:']`. */
export const url = (name: string, protocols: readonly string[], fallback?: string): Setting<string> =>
  setting(name, (value) => checkedUrl(value, protocols), fallback);

export const optionalUrl = (name: string, protocols: readonly string[]): Setting<string | null> =>
  setting<string | null>(name, (value) => checkedUrl(value, protocols), null);

function checkedUrl(value: string, protocols: readonly string[]): string {
  // The value may hold a password: it is never repeated in a message.
  if (!URL.canParse(value) || !protocols.includes(new URL(value).protocol)) {
    throw new Error(
      `is not a URL that starts with ${protocols.map((protocol) => `${protocol}//`).join(' or ')}`,
    );
  }
  return value;
}

/** Comma-separated values. */
export const list = (name: string, fallback: readonly string[] = []): Setting<readonly string[]> =>
  setting<readonly string[]>(
    name,
    (value) =>
      value
        .split(',')
        .map((item) => item.trim())
        .filter(Boolean),
    fallback,
  );

/** A duration such as `500ms`, `30s`, `5m`, `8h` or `14d`, in milliseconds. */
export const duration = (name: string, fallback: string): Setting<number> => ({
  name,
  parse: (value) => {
    const match = /^(\d+)(ms|s|m|h|d)$/.exec(value ?? fallback);
    if (!match)
      throw new Error(`${JSON.stringify(value)} is not a duration such as 500ms, 30s, 5m, 8h or 14d`);
    const unit = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }[
      match[2] as 'ms' | 's' | 'm' | 'h' | 'd'
    ];
    return Number(match[1]) * unit;
  },
});
