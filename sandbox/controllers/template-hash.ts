import { createHash } from 'node:crypto';

/** Kubernetes' alphabet for generated names: no vowels and nothing that looks like another letter. */
const ALPHABET = 'bcdfghjklmnpqrstvwxz2456789';

const canonical = (value: unknown): string => {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const entries = Object.entries(value)
    .filter(([, entry]) => entry !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, entry]) => `${JSON.stringify(key)}:${canonical(entry)}`).join(',')}}`;
};

/** The hash that names a revision of a pod template: 32 bits in Kubernetes' alphabet, as pod-template-hash is. */
export function templateHash(template: unknown, collisionCount = 0): string {
  const hash = createHash('sha256')
    .update(`${canonical(template)}#${collisionCount}`)
    .digest()
    .readUInt32BE(0);
  return [...String(hash)].map((digit) => ALPHABET[digit.charCodeAt(0) % ALPHABET.length]).join('');
}
