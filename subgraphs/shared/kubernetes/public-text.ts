/**
 * A cluster's message made fit for users: one line, bounded, without addresses (a failing webhook's message names
 * hosts and ports of the cluster's network).
 */
export const publicText = (message: string): string =>
  cut(
    message
      .slice(0, 4 * longest)
      .replace(/\b[a-z][a-z0-9+.-]*:\/\/[^\s"']+/gi, '(address)')
      .replace(/\b\d{1,3}(\.\d{1,3}){3}(:\d+)?\b/g, '(address)')
      // Control characters, line separators and marks that turn the direction of writing.
      .replace(/[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]+/gu, ' ')
      .trim(),
  );

const longest = 500;

const cut = (text: string): string => (text.length > longest ? `${text.slice(0, longest)}…` : text);
