import type { Caller } from '../../shared/caller.js';
import type { Clock } from '../../shared/clock.js';
import { BadUserInputError } from '../../shared/errors.js';
import type { Permissions } from '../../shared/permissions.js';
import type { AuditSealRepository, Seal, SealedEvent } from './audit-seal.repository.js';
import { pairsOf } from './audit-sealer.js';
import { eventDigest, sealDigest } from './digests.js';

export type AuditProblemKind = 'EVENT_CHANGED' | 'EVENT_MISSING' | 'SEAL_BROKEN';

export interface AuditProblem {
  readonly kind: AuditProblemKind;
  readonly eventId: string | null;
  readonly seal: number;
  readonly message: string;
}

export interface AuditVerification {
  readonly intact: boolean;
  readonly complete: boolean;
  readonly verifiedEvents: number;
  readonly unsealedEvents: number;
  readonly lastSeal: string | null;
  readonly problems: readonly AuditProblem[];
}

const sealsAtOnce = 20;
const mostProblems = 100;

/** Holds the audit log to its seals. */
export class AuditVerificationService {
  constructor(
    private readonly seals: AuditSealRepository,
    private readonly permissions: Permissions,
    private readonly key: Uint8Array,
    private readonly clock: Clock,
    /** What one answer may take: it ends after the seals that it is at. */
    private readonly patienceMilliseconds = 5_000,
  ) {}

  /** @param after a `lastSeal` of before: it has to be there still, and all that came since is looked at */
  async verify(caller: Caller, after: string | null): Promise<AuditVerification> {
    const permissions = await this.permissions.of(caller);
    permissions.require('audit.read');
    const problems: AuditProblem[] = [];
    let last = after ? sealOfText(after) : { number: 0, digest: '' };
    if (after && (await this.seals.find(last.number))?.digest !== last.digest) {
      problems.push(broken(last.number, 'is not there any more as it was noted'));
    }
    const deadline = performance.now() + this.patienceMilliseconds;
    let verifiedEvents = 0;
    let complete = false;
    do {
      const seals = await this.seals.listAfter(last.number, sealsAtOnce);
      complete = seals.length < sealsAtOnce;
      if (seals.length === 0) break;
      verifiedEvents += await this.#verifySeals(last, seals, problems);
      last = seals.at(-1) ?? last;
    } while (!complete && problems.length < mostProblems && performance.now() < deadline);
    return {
      intact: problems.length === 0,
      complete,
      verifiedEvents,
      unsealedEvents: await this.seals.countUnsealed(await this.seals.startOfUnsealed(this.clock.now())),
      lastSeal: last.number === 0 ? null : `${last.number}:${last.digest}`,
      problems: problems.slice(0, mostProblems),
    };
  }

  /** Gives how many events it looked at. */
  async #verifySeals(before: Seal, seals: readonly Seal[], problems: AuditProblem[]): Promise<number> {
    const [from, to] = [seals[0]?.number ?? 0, seals.at(-1)?.number ?? 0];
    const events = await this.seals.mapEvents(from, to);
    const bySeal = new Map<number, SealedEvent[]>();
    const sealed = await this.seals.listSealed(from, to);
    for (const each of sealed) {
      const known = bySeal.get(each.seal);
      if (known) known.push(each);
      else bySeal.set(each.seal, [each]);
    }
    let last = before;
    for (const seal of seals) {
      const own = bySeal.get(seal.number) ?? [];
      const expected = { number: seal.number, before: last.digest, events: pairsOf(own) };
      if (seal.number !== last.number + 1) {
        problems.push(broken(last.number + 1, `is missing, with all up to ${seal.number - 1}`));
      } else if (seal.digest !== sealDigest(this.key, expected)) {
        problems.push(broken(seal.number, 'does not fit its events and the seal before it'));
      }
      last = seal;
      for (const { id, digest } of own) {
        const event = events.get(id);
        if (!event) problems.push(problem('EVENT_MISSING', id, seal.number, 'was removed'));
        else if (eventDigest(this.key, event) !== digest)
          problems.push(problem('EVENT_CHANGED', id, seal.number, 'was changed'));
      }
    }
    return sealed.length;
  }
}

const problem = (kind: AuditProblemKind, eventId: string, seal: number, what: string): AuditProblem => ({
  kind,
  eventId,
  seal,
  message: `The event ${eventId} ${what} after it was sealed (seal ${seal}).`,
});

const broken = (seal: number, what: string): AuditProblem => ({
  kind: 'SEAL_BROKEN',
  eventId: null,
  seal,
  message: `Seal ${seal} ${what}: it was made under another MERIDIAN_SECRET_KEY, or somebody wrote past Meridian.`,
});

function sealOfText(text: string): Seal {
  const [, number, digest] = /^([1-9]\d{0,14}):([A-Za-z0-9_-]{43})$/.exec(text) ?? [];
  if (number !== undefined && digest !== undefined) return { number: Number(number), digest };
  throw BadUserInputError.at(['after'], 'after is not a seal: take it from lastSeal of an earlier answer.');
}
