import { isDeepStrictEqual } from 'node:util';
import { type Clock, systemClock } from '../clock.js';
import { ClusterUnavailableError, type MeridianError, NotFoundError } from '../errors.js';
import type { Logger } from '../logger.js';
import type { AddressPolicy } from './address-policy.js';
import type { ClusterCredentials } from './cluster-credentials.js';
import { type ConnectionLimits, KubernetesConnection } from './connection.js';

/** Where credentials come from: the published view `clusters.connection`, or a fake in tests. */
export interface CredentialsSource {
  /** Undefined when there is no such cluster. */
  find(clusterId: string): Promise<{ clusterName: string; credentials: ClusterCredentials } | undefined>;
}

export type DropReason = 'REMOVED' | 'CREDENTIALS_CHANGED';

export interface ConnectionsOptions {
  readonly source: CredentialsSource;
  readonly addressPolicy: AddressPolicy;
  readonly logger: Logger;
  readonly clock?: Clock;
  readonly limits?: Partial<ConnectionLimits>;
}

interface Held {
  readonly connection: KubernetesConnection;
  readonly credentials: ClusterCredentials;
}

/** How often refused credentials are compared with the source's. */
const rereadEveryMs = 30_000;

/** One connection for each cluster and process, made on first need. */
export class Connections {
  readonly #options: ConnectionsOptions;
  readonly #clock: Clock;
  readonly #held = new Map<string, Promise<Held>>();
  readonly #rereadAt = new Map<string, number>();
  readonly #dropListeners = new Set<(clusterId: string, reason: DropReason) => void>();
  #disposed = false;

  constructor(options: ConnectionsOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
  }

  /** NotFoundError when the source has no such cluster. */
  async get(clusterId: string): Promise<KubernetesConnection> {
    if (this.#disposed) throw stopping(clusterId);
    let held = this.#held.get(clusterId);
    if (!held) {
      held = this.#open(clusterId);
      this.#held.set(clusterId, held);
      held.catch(() => {
        if (this.#held.get(clusterId) === held) this.#held.delete(clusterId);
      });
    }
    return (await held).connection;
  }

  /**
   * Ends the cluster's calls and streams: with NOT_FOUND when it was removed, otherwise with CLUSTER_UNAVAILABLE, and
   * the next `get` asks the source again. Informers go on by themselves with the new credentials.
   */
  async drop(clusterId: string, reason: DropReason): Promise<void> {
    const held = this.#held.get(clusterId);
    this.#held.delete(clusterId);
    this.#rereadAt.delete(clusterId);
    for (const listener of this.#dropListeners) listener(clusterId, reason);
    const connection = await held?.then(
      (opened) => opened.connection,
      () => undefined,
    );
    await connection?.dispose(
      reason === 'REMOVED'
        ? new NotFoundError('cluster', clusterId)
        : new ClusterUnavailableError(
            clusterId,
            'The credentials of the cluster were changed: connect again.',
          ),
    );
  }

  /** Returns the unsubscriber. */
  onDropped(listener: (clusterId: string, reason: DropReason) => void): () => void {
    this.#dropListeners.add(listener);
    return () => this.#dropListeners.delete(listener);
  }

  /**
   * A connection for one look at a cluster that isn't registered yet; it is closed after `use`. A server address that
   * is not allowed is a BadUserInputError at `field`, before anything is sent.
   */
  async probe<T>(
    credentials: ClusterCredentials,
    options: { clusterId: string; clusterName: string; field: readonly string[] },
    use: (connection: KubernetesConnection) => Promise<T>,
  ): Promise<T> {
    await this.#options.addressPolicy.requireResolvable(credentials.server, options.field);
    const connection = this.#connect(options.clusterId, options.clusterName, credentials);
    try {
      return await use(connection);
    } finally {
      await connection.dispose(stopping(options.clusterId));
    }
  }

  async dispose(): Promise<void> {
    this.#disposed = true;
    const all = [...this.#held];
    this.#held.clear();
    await Promise.all(
      all.map(async ([clusterId, held]) => {
        const opened = await held.catch(() => undefined);
        await opened?.connection.dispose(stopping(clusterId));
      }),
    );
  }

  async #open(clusterId: string): Promise<Held> {
    const found = await this.#options.source.find(clusterId);
    if (!found) throw new NotFoundError('cluster', clusterId);
    return {
      connection: this.#connect(clusterId, found.clusterName, found.credentials),
      credentials: found.credentials,
    };
  }

  #connect(clusterId: string, clusterName: string, credentials: ClusterCredentials): KubernetesConnection {
    return new KubernetesConnection({
      clusterId,
      clusterName,
      credentials,
      addressPolicy: this.#options.addressPolicy,
      clock: this.#clock,
      ...(this.#options.limits ? { limits: this.#options.limits } : {}),
      onUnauthorized: () => void this.#reread(clusterId),
    });
  }

  /** Refused credentials may have been replaced by another process: look once, not for every refusal. */
  async #reread(clusterId: string): Promise<void> {
    const held = this.#held.get(clusterId);
    const now = this.#clock.now();
    if (!held || now - (this.#rereadAt.get(clusterId) ?? Number.NEGATIVE_INFINITY) < rereadEveryMs) return;
    this.#rereadAt.set(clusterId, now);
    try {
      const [{ credentials }, found] = await Promise.all([held, this.#options.source.find(clusterId)]);
      if (this.#held.get(clusterId) !== held || isDeepStrictEqual(found?.credentials, credentials)) return;
      await this.drop(clusterId, found ? 'CREDENTIALS_CHANGED' : 'REMOVED');
    } catch (error) {
      this.#options.logger.warn({ cluster: clusterId, error }, 'credentials could not be read again');
    }
  }
}

const stopping = (clusterId: string): MeridianError =>
  new ClusterUnavailableError(clusterId, 'Meridian is stopping.');
