const ESCAPES: Record<string, string> = {
  a: '\u0007',
  b: '\b',
  e: '\u001b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
  '"': '"',
  "'": "'",
};

const ESCAPE = /\\(?:x([0-9a-fA-F]{1,2})|u([0-9a-fA-F]{1,4})|(0?[0-7]{1,3})|(c)|([\s\S]))/g;

/** Backslash sequences as the bytes that they stand for; `\c` cuts the rest off. */
export function unescaped(text: string): { text: string; isCut: boolean } {
  const end = /(?:^|[^\\])(?:\\\\)*\\c/.exec(text);
  const kept = end ? text.slice(0, end.index + end[0].length - 2) : text;
  const replaced = kept.replaceAll(ESCAPE, (all, hexadecimal, unicode, octal, _cut, letter) => {
    if (hexadecimal) return String.fromCharCode(Number.parseInt(hexadecimal, 16));
    if (unicode) return Buffer.from(String.fromCodePoint(Number.parseInt(unicode, 16))).toString('latin1');
    if (octal) return String.fromCharCode(Number.parseInt(octal, 8) & 255);
    return ESCAPES[letter] ?? all;
  });
  return { text: replaced, isCut: end !== null };
}

const SPECIFIER = /%(?:(%)|([-+ 0#]*)(\*|\d+)?(?:\.(\*|\d+))?([diouxXeEfFgGcsbq]))/g;

/** `printf`: the format is used again until the arguments are used up. */
export function formatted(
  format: string,
  args: readonly string[],
): { text: string; isCut: boolean; problem?: string } {
  const left = [...args];
  let problem: string | undefined;
  let isCut = false;
  let text = '';
  const plain = (piece: string): string => {
    const { text: shown, isCut: cut } = unescaped(piece);
    isCut ||= cut;
    return shown;
  };
  do {
    const before = left.length;
    let end = 0;
    for (const match of format.matchAll(SPECIFIER)) {
      text += plain(format.slice(end, match.index));
      end = match.index + match[0].length;
      const [, percent, flags = '', width, precision, kind = ''] = match;
      if (percent) {
        text += '%';
        continue;
      }
      const size = (given: string | undefined) =>
        given === '*' ? Number(left.shift() ?? 0) : given === undefined ? undefined : Number(given);
      const columns = size(width) ?? 0;
      const digits = size(precision);
      const arg = left.shift();
      if (kind === 'b' && arg !== undefined) {
        const shown = unescaped(arg);
        isCut ||= shown.isCut;
        text += pad(shown.text, columns, flags);
        if (shown.isCut) return { text, isCut };
        continue;
      }
      const { shown, wrong } = convert(kind, arg, digits, flags);
      if (wrong) problem = `${arg}: invalid number`;
      text += pad(shown, columns, flags, kind);
    }
    text += plain(format.slice(end));
    if (left.length === before || isCut) break;
  } while (left.length > 0);
  return { text, isCut, ...(problem && { problem }) };
}

function pad(text: string, columns: number, flags: string, kind = 's'): string {
  if (flags.includes('-')) return text.padEnd(columns);
  const isNumber = /[diouxXeEfFgG]/.test(kind);
  if (!flags.includes('0') || !isNumber) return text.padStart(columns);
  const sign = /^[-+ ]/.exec(text)?.[0] ?? '';
  return sign + text.slice(sign.length).padStart(columns - sign.length, '0');
}

function convert(
  kind: string,
  arg: string | undefined,
  digits: number | undefined,
  flags: string,
): { shown: string; wrong: boolean } {
  const given = arg ?? '';
  if (kind === 's') return { shown: given.slice(0, digits), wrong: false };
  if (kind === 'c') return { shown: given.slice(0, 1), wrong: false };
  if (kind === 'q')
    return { shown: /^[\w./-]+$/.test(given) ? given : `'${given.replaceAll("'", `'\\''`)}'`, wrong: false };
  const value = /^['"]/.test(given)
    ? given.charCodeAt(1)
    : /^0[0-7]+$/.test(given)
      ? Number.parseInt(given, 8)
      : Number(given.trim() || '0');
  const wrong = Number.isNaN(value);
  const number = wrong ? Number.parseFloat(given) || 0 : value;
  const sign = number >= 0 && flags.includes('+') ? '+' : number >= 0 && flags.includes(' ') ? ' ' : '';
  return { shown: sign + numeral(kind, number, digits), wrong };
}

function numeral(kind: string, number: number, digits: number | undefined): string {
  const whole = Math.trunc(number);
  switch (kind) {
    case 'o':
      return (whole >>> 0).toString(8);
    case 'x':
      return BigInt.asUintN(64, BigInt(whole)).toString(16);
    case 'X':
      return BigInt.asUintN(64, BigInt(whole)).toString(16).toUpperCase();
    case 'f':
    case 'F':
      return number.toFixed(digits ?? 6);
    case 'e':
    case 'E':
      return number.toExponential(digits ?? 6).replace(/e([-+])(\d)$/, 'e$10$2');
    case 'g':
    case 'G':
      return String(Number(number.toPrecision(digits || 6)));
    default: {
      const text = String(Math.abs(whole)).padStart(digits ?? 0, '0');
      return whole < 0 ? `-${text}` : text;
    }
  }
}
