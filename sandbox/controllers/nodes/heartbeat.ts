import type { PacedClock } from '../clock.js';

/** As the kubelet renews the lease of its node. */
const HEARTBEAT_MS = 10_000;
const SHORTEST_MS = 250;
/** A node that misses as many heartbeats in a row is lost: after 40 s. */
const MISSED = 4;

export const LEASE_NAMESPACE = 'kube-node-lease';

export const heartbeatPeriod = (clock: PacedClock): number =>
  Math.max(SHORTEST_MS, clock.scaled(HEARTBEAT_MS));

export const gracePeriod = (clock: PacedClock): number => MISSED * heartbeatPeriod(clock);
