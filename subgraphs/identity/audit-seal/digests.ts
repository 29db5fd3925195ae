import { createHmac } from 'node:crypto';
import type { AuditEventEntity } from '../../shared/audit.js';

/**
 * Every event has a digest, and every seal one over the digests of its events and the seal before it, all under a key
 * that is not in the database: who can write there, past the trigger that refuses it, still can't change an event, take
 * one out of the middle or make a seal unnoticed. That the newest seals were cut off shows to whoever noted one of them.
 */

/** All that an event says, in an order of its own. */
export const eventDigest = (key: Uint8Array, event: AuditEventEntity): string =>
  digestOf(key, [
    event.id,
    event.at.toISOString(),
    event.userId,
    event.credentialId,
    event.action,
    event.targetType,
    event.targetId,
    event.targetName,
    event.projectId,
    event.changes,
    event.reason,
    event.result,
    event.requestId,
    event.address,
  ]);

/** @param events ids and digests of its events, in the order of the ids */
export const sealDigest = (
  key: Uint8Array,
  seal: {
    readonly number: number;
    readonly before: string;
    readonly events: readonly (readonly [id: string, digest: string])[];
  },
): string => digestOf(key, [seal.number, seal.before, seal.events]);

const digestOf = (key: Uint8Array, value: unknown): string =>
  createHmac('sha256', key).update(JSON.stringify(value)).digest('base64url');
