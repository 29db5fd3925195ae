import { isDeepStrictEqual } from 'node:util';
import type { Caller, SignedInCaller } from '../caller.js';
import { type Clock, systemClock } from '../clock.js';
import {
  ClusterUnavailableError,
  type MeridianError,
  NotFoundError,
  UnauthenticatedError,
} from '../errors.js';
import type { Logger } from '../logger.js';
import type { Actor } from '../published/actor.js';
import { actingAs } from './acting-connection.js';
import type { AddressPolicy } from './address-policy.js';
import type { ClusterCredentials } from './cluster-credentials.js';
import { ApiServerConnection, type ConnectionLimits, type KubernetesConnection } from './connection.js';
import { impersonationOf } from './impersonation.js';

/** Where credentials come from: the published view `clusters.connection`, or a fake in tests. */
export interface CredentialsSource {
  /** Undefined when there is no such cluster. */
  find(clusterId: string): Promise<ClusterAccess | undefined>;
}

export interface ClusterAccess {
  readonly clusterName: string;
  readonly credentials: ClusterCredentials;
  /** Calls that a person causes carry the person's name. Absent: all are made as Meridian's own account. */
  readonly impersonate?: boolean;
}

/** By what names clusters know people: the published view `identity.actor`, or a fake in tests. */
export interface ActorSource {
  /** UnauthenticatedError when there is no such user any more. */
  get(caller: SignedInCaller): Promise<Actor>;
}

export interface ConnectOptions {
  /**
   * The person that causes the calls, when it is one: on clusters that are registered so, they are made in this one's
   * name and need the person's own rights there. Absent for Meridian's own work (informers, probes, reconciling).
   */
  readonly actingFor?: Caller | undefined;
}

export type DropReason = 'REMOVED' | 'CREDENTIALS_CHANGED';

export interface ConnectionsOptions {
  readonly source: CredentialsSource;
  readonly actors: ActorSource;
  readonly addressPolicy: AddressPolicy;
  readonly logger: Logger;
  readonly clock?: Clock;
  readonly limits?: Partial<ConnectionLimits>;
}

interface Held {
  readonly connection: ApiServerConnection;
  readonly impersonate: boolean;
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
  async get(clusterId: string, { actingFor }: ConnectOptions = {}): Promise<KubernetesConnection> {
    const { connection, impersonate } = await this.#hold(clusterId);
    if (!impersonate || !actingFor) return connection;
    if (actingFor.userId === null) throw new UnauthenticatedError();
    return actingAs(connection, impersonationOf(await this.#options.actors.get(actingFor)));
  }

  /**
   * Ends the cluster's calls and streams: with NOT_FOUND when it was removed, otherwise with CLUSTER_UNAVAILABLE, and
   * the next `get` asks the source again. Informers go on by themselves with the new credentials.
   */
  async drop(clusterId: string, reason: DropReason): Promise<void> {
    const held = this.#held.get(clusterId);
    this.#held.delete(clusterId);
    this.#rereadAt.delete(clusterId);
    this.#tell(clusterId, reason);
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

  /**
   * Takes up what the source says of the cluster now. New credentials for the same server: calls and streams to come
   * use them, watches move over to them without a gap, and sessions and logs that are open go on. Another server, or
   * calls in other names: as `drop`, for nothing that is open may go on there.
   */
  async renew(clusterId: string): Promise<void> {
    const held = this.#held.get(clusterId);
    if (!held) return this.#tell(clusterId, 'CREDENTIALS_CHANGED');
    const [current, found] = await Promise.all([
      held.catch(() => undefined),
      this.#options.source.find(clusterId),
    ]);
    // Somebody else was quicker, maybe with what is older by now.
    if (this.#held.get(clusterId) !== held) return this.renew(clusterId);
    if (!found) return this.drop(clusterId, 'REMOVED');
    const { credentials, impersonate = false } = found;
    if (current?.credentials.server !== credentials.server || current.impersonate !== impersonate) {
      return this.drop(clusterId, 'CREDENTIALS_CHANGED');
    }
    if (isDeepStrictEqual(current.credentials, credentials)) return;
    current.connection.renew(credentials);
    this.#rereadAt.delete(clusterId);
    this.#held.set(clusterId, Promise.resolve({ ...current, credentials }));
    this.#tell(clusterId, 'CREDENTIALS_CHANGED');
  }

  /** Told when a cluster is gone, or has new credentials, whether or not its streams go on. Returns the unsubscriber. */
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

  #tell(clusterId: string, reason: DropReason): void {
    for (const listener of this.#dropListeners) listener(clusterId, reason);
  }

  #hold(clusterId: string): Promise<Held> {
    if (this.#disposed) return Promise.reject(stopping(clusterId));
    let held = this.#held.get(clusterId);
    if (!held) {
      held = this.#open(clusterId);
      this.#held.set(clusterId, held);
      held.catch(() => {
        if (this.#held.get(clusterId) === held) this.#held.delete(clusterId);
      });
    }
    return held;
  }

  async #open(clusterId: string): Promise<Held> {
    const found = await this.#options.source.find(clusterId);
    if (!found) throw new NotFoundError('cluster', clusterId);
    return {
      connection: this.#connect(clusterId, found.clusterName, found.credentials),
      impersonate: found.impersonate ?? false,
      credentials: found.credentials,
    };
  }

  #connect(clusterId: string, clusterName: string, credentials: ClusterCredentials): ApiServerConnection {
    return new ApiServerConnection({
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
      await this.renew(clusterId);
    } catch (error) {
      this.#options.logger.warn({ cluster: clusterId, error }, 'credentials could not be read again');
    }
  }
}

const stopping = (clusterId: string): MeridianError =>
  new ClusterUnavailableError(clusterId, 'Meridian is stopping.');
