import type { RecordedRequest } from './recording.js';

/** Turns what a recorded request names into what the sandbox calls it, learned from the answers so far. */
export class Translation {
  private readonly names = new Map<string, string>();
  private readonly versions = new Map<number, string>();

  constructor(
    /** The newest version of the sandbox. */
    private readonly currentVersion: () => string,
    /** The oldest recorded version that is a real one; smaller ones were chosen to be too old. */
    private readonly firstVersion = 1000,
  ) {}

  alias(recorded: string, actual: string): void {
    this.names.set(recorded, actual);
  }

  knows(version: string): boolean {
    return this.versions.has(Number(version));
  }

  learnVersion(recorded: string, actual: string): void {
    this.versions.set(Number(recorded), actual);
  }

  /** From the recorded answer and the one of the sandbox. */
  learn(expected: unknown, actual: unknown): void {
    if (typeof expected !== 'object' || typeof actual !== 'object' || expected === null || actual === null)
      return;
    for (const [key, wanted] of Object.entries(expected)) {
      const given = (actual as Record<string, unknown>)[key];
      if (typeof wanted === 'string' && typeof given === 'string') this.learnText(key, wanted, given);
      else this.learn(wanted, given);
    }
  }

  /** From two logs with timestamps: what the recorded time of a line, or its second, is here. */
  learnTimes(expected: string, actual: string): void {
    const timesOf = (log: string) => [...log.matchAll(/^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d+Z) /gm)];
    const [wanted, given] = [timesOf(expected), timesOf(actual)];
    if (wanted.length !== given.length) return;
    for (const [index, [, second = '', fraction = '']] of wanted.entries()) {
      const [, ownSecond = '', ownFraction = ''] = given[index] ?? [];
      this.names.set(encodeURIComponent(second + fraction), encodeURIComponent(ownSecond + ownFraction));
      this.names.set(encodeURIComponent(`${second}Z`), encodeURIComponent(`${ownSecond}Z`));
    }
  }

  text(given: string): string {
    let result = given;
    // Longer names first: the name of a ReplicaSet begins that of its pods.
    const names = [...this.names].sort(([a], [b]) => b.length - a.length);
    for (const [from, to] of names) result = result.replaceAll(from, to);
    return result;
  }

  version(given: string): string {
    const wanted = Number(given);
    if (!/^\d+$/.test(given) || wanted < this.firstVersion) return given;
    // Chosen to be yet to come.
    if (wanted > 90_000_000) return String(Number(this.currentVersion()) + wanted);
    // One that no answer has shown was read just before, without being recorded.
    return this.versions.get(wanted) ?? this.currentVersion();
  }

  request(given: RecordedRequest): RecordedRequest {
    const headers = Object.entries(given.headers).map(([name, value]) => [name, this.text(value)]);
    return { ...given, headers: Object.fromEntries(headers) };
  }

  path(given: string): string {
    return this.text(given)
      .replace(
        /([?&]resourceVersion=)(\d+)/,
        (_all, name: string, version: string) => `${name}${this.version(version)}`,
      )
      .replace(
        /([?&]continue=)([\w-]+)/,
        (_all, name: string, token: string) => `${name}${this.token(token)}`,
      );
  }

  body(given: unknown): unknown {
    if (typeof given === 'string') return this.text(given);
    if (given === undefined || given === null) return given;
    return JSON.parse(
      this.text(JSON.stringify(given)).replace(
        /"resourceVersion":"(\d+)"/g,
        (_all, version: string) => `"resourceVersion":"${this.version(version)}"`,
      ),
    );
  }

  private learnText(key: string, wanted: string, given: string): void {
    // The first answer counts: events of a watch need not come in the recorded order.
    if (key === 'resourceVersion')
      this.versions.set(Number(wanted), this.versions.get(Number(wanted)) ?? given);
    else if (
      wanted !== given &&
      (key === 'uid' ||
        key === 'clusterIP' ||
        key === 'etag' ||
        (key === 'name' && /-[a-z0-9]{5,10}$/.test(wanted)))
    )
      this.names.set(wanted, given);
  }

  private token(token: string): string {
    try {
      const { v, rv, start } = JSON.parse(Buffer.from(token, 'base64url').toString('utf8'));
      const translated = rv < this.firstVersion ? rv : Number(this.version(String(rv)));
      return Buffer.from(JSON.stringify({ v, rv: translated, start })).toString('base64url');
    } catch {
      return token;
    }
  }
}
