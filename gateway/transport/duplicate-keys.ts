/**
 * Whether the object that a JSON text holds names a key twice: readers differ in which one counts (RFC 8259, section
 * 4), and a proxy that looks at one while we take the other can be led astray. The text is known to be JSON; only its
 * outermost object is looked at.
 */
export function hasDuplicateKeys(text: string, keys: readonly string[]): boolean {
  // Nearly every body: each key stands in the text once, and none is spelled with escapes.
  if (!text.includes('\\u') && keys.every((key) => isOnceAtMost(text, `"${key}"`))) return false;
  const seen = new Set<string>();
  for (const key of outermostKeys(text)) {
    if (seen.has(key)) return true;
    seen.add(key);
  }
  return false;
}

const isOnceAtMost = (text: string, part: string): boolean => text.indexOf(part) === text.lastIndexOf(part);

/** By hand: a regular expression that skips strings takes a second for 2 MB of escapes. */
function outermostKeys(text: string): string[] {
  const keys: string[] = [];
  let depth = 0;
  let start = 0;
  let end = 0;
  for (let index = 0; index < text.length; index++) {
    switch (text.charAt(index)) {
      case '"':
        start = index;
        end = endOfString(text, index);
        index = end;
        break;
      case '{':
      case '[':
        depth += 1;
        break;
      case '}':
      case ']':
        depth -= 1;
        break;
      case ':':
        if (depth === 1) keys.push(JSON.parse(text.slice(start, end + 1)) as string);
        break;
    }
  }
  return keys;
}

/** Where the string that begins at `start` has its closing quote. */
function endOfString(text: string, start: number): number {
  let index = start + 1;
  while (index < text.length && text[index] !== '"') index += text[index] === '\\' ? 2 : 1;
  return index;
}
