import { In, Not } from 'typeorm';
import { type Database, isUniqueViolation, type Transaction } from '../../shared/database.js';
import { ConflictError } from '../../shared/errors.js';
import { RouteEntity } from './route.entity.js';
import type { RouteClaim } from './route-claim.js';

interface Claimant {
  readonly id: string;
  readonly clusterId: string;
  readonly projectId: string;
}

/** Which service has which place of a cluster's ingress. The primary key is what no race gets past. */
export class RouteRepository {
  constructor(private readonly database: Database) {}

  /**
   * What others have of it: the same host and path, or any path of a host that another project has, whose users
   * would trust what answers there.
   */
  async listTaken(
    service: Claimant,
    claims: readonly RouteClaim[],
    manager: Transaction = this.database.manager,
  ): Promise<RouteEntity[]> {
    if (claims.length === 0) return [];
    const others = await manager.find(RouteEntity, {
      where: {
        clusterId: service.clusterId,
        serviceId: Not(service.id),
        host: In(claims.map(({ host }) => host)),
      },
      order: { host: 'ASC', path: 'ASC' },
    });
    return others.filter(
      (other) =>
        other.projectId !== service.projectId ||
        claims.some(({ host, path }) => host === other.host && path === other.path),
    );
  }

  /**
   * Gives the service these places and takes from it those that it had besides. Throws ConflictError, with nothing
   * written, when another has one of them: say whose before, with `listTaken`.
   */
  async claim(transaction: Transaction, service: Claimant, claims: readonly RouteClaim[]): Promise<void> {
    // In one order for all, so that no two wait for each other.
    for (const host of [...new Set(claims.map((claim) => claim.host))].sort()) {
      await transaction.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [
        `route ${service.clusterId} ${host}`,
      ]);
    }
    const [taken] = await this.listTaken(service, claims, transaction);
    if (taken) throw justTaken(taken);
    await this.release(transaction, service.id);
    if (claims.length === 0) return;
    try {
      await transaction.insert(
        RouteEntity,
        claims.map((claim) => ({
          ...claim,
          clusterId: service.clusterId,
          serviceId: service.id,
          projectId: service.projectId,
        })),
      );
    } catch (error) {
      if (isUniqueViolation(error, 'route_pkey')) throw justTaken(claims[0]);
      throw error;
    }
  }

  async release(transaction: Transaction, serviceId: string): Promise<void> {
    await transaction.delete(RouteEntity, { serviceId });
  }
}

const justTaken = (claim: RouteClaim | undefined): ConflictError =>
  new ConflictError(
    `Another service of this cluster has ${claim?.host ?? 'a host name'}${claim?.path === '/' ? '' : (claim?.path ?? '')}: use another domain or path.`,
    { field: ['input', 'spec', 'ports'] },
  );
