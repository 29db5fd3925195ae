/**
 * Secrets that must stay inside (reliability.md SE-1). A stack knows all of its own; whatever it answered, logged or
 * wrote to its audit log is searched for them when it is disposed, in every test of the suite.
 */
export class Canaries {
  readonly #secrets = new Map<string, string>();

  /** @param secret at least 8 characters, so that nothing matches by chance */
  add(name: string, secret: string): void {
    if (secret.length < 8) throw new Error(`the canary ${name} is too short to search for`);
    this.#secrets.set(name, secret);
  }

  /** Names of the secrets that the text holds: plain, base64, URL-encoded or JSON-escaped. */
  findIn(text: string): string[] {
    return [...this.#secrets]
      .filter(([, secret]) => encodings(secret).some((form) => text.includes(form)))
      .map(([name]) => name);
  }
}

function encodings(secret: string): string[] {
  const base64 = Buffer.from(secret).toString('base64');
  return [
    secret,
    // Without what depends on the bytes that follow.
    base64.replace(/.?.?={0,2}$/, ''),
    Buffer.from(secret).toString('base64url').slice(0, -2),
    encodeURIComponent(secret),
    JSON.stringify(secret).slice(1, -1),
  ];
}
