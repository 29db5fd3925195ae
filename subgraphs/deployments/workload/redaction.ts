export const hiddenValue = '***';

const secretName =
  /passw(or)?d|passphrase|secret|token|credential|(api|access|private|encryption|signing|license|auth)[-_.]?key|dsn$|connection[-_.]?string/i;

/** Does a variable, key or annotation of this name hold what nobody should read? */
export const looksSecret = (name: string): boolean => secretName.test(name);

/** Parts of texts that are secrets whatever they are found in; the groups before and after them stay. */
const secretParts: readonly (readonly [RegExp, string])[] = [
  [
    /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g,
    `-----BEGIN PRIVATE KEY----- ${hiddenValue}`,
  ],
  // scheme://user:password@host
  [/([a-z][a-z0-9+.-]{0,30}:\/\/[^\s/:@"']{0,200}:)[^\s/@"']{1,500}(@)/gi, `$1${hiddenValue}$2`],
  // JSON Web Tokens.
  [/\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*/g, hiddenValue],
  [/\b(Bearer|Basic)\s+[\w.~+/=-]{8,}/g, `$1 ${hiddenValue}`],
  // Names of tokens by which their makers let them be found.
  [
    /\b(?:gh[pousr]_\w{20,}|github_pat_\w{20,}|glpat-[\w-]{16,}|xox[abprs]-[\w-]{10,}|AKIA[A-Z0-9]{16})/g,
    hiddenValue,
  ],
  // password=…, --api-key …, "token": "…"
  [
    /((?:passw(?:or)?d|passphrase|secret|token|credentials?|(?:api|access|private|encryption|signing|auth)[-_.]?key)["']?\s*[=:]\s*["']?)[^\s"',;&]{1,4096}/gi,
    `$1${hiddenValue}`,
  ],
];

export const withoutSecretParts = (text: string): string =>
  secretParts.reduce((shown, [pattern, instead]) => shown.replace(pattern, instead), text);

/** The value with what looks like a secret hidden, at every depth: by the name of its field or variable, or by its look. */
export function withoutSecrets(value: unknown): unknown {
  if (typeof value === 'string') return withoutSecretParts(value);
  if (Array.isArray(value)) return withoutSecretArguments(value.map(withoutSecrets));
  if (typeof value !== 'object' || value === null) return value;
  const fields = value as Record<string, unknown>;
  const hides = typeof fields['name'] === 'string' && looksSecret(fields['name']);
  return Object.fromEntries(
    Object.entries(fields).map(([field, content]) => {
      if (typeof content !== 'string' || content === '') return [field, withoutSecrets(content)];
      return [field, field === 'value' && hides ? hiddenValue : withoutSecretParts(content)];
    }),
  );
}

/** `--password`, then the password. */
const withoutSecretArguments = (items: unknown[]): unknown[] =>
  items.map((item, index) => {
    const before = items[index - 1];
    const follows = typeof before === 'string' && /^--?[\w-]+$/.test(before) && looksSecret(before);
    return follows && typeof item === 'string' && !item.startsWith('-') ? hiddenValue : item;
  });
