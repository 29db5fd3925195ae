const REMEMBERED = 100;
const texts = new Map<number, string>();

/** RFC 3339 with whole seconds, as metadata has it. Of the latest seconds there is one string each. */
export const timestamp = (ms: number): string => {
  const second = Math.floor(ms / 1000);
  const known = texts.get(second);
  if (known) return known;
  const text = `${new Date(second * 1000).toISOString().slice(0, -5)}Z`;
  if (texts.size >= REMEMBERED) texts.delete(texts.keys().next().value as number);
  texts.set(second, text);
  return text;
};
