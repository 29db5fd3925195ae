import { randomUUID } from 'node:crypto';
import type { Changes } from '../../shared/changes.js';
import type { Database } from '../../shared/database.js';
import { deriveKey } from '../../shared/keys.js';
import type { Logger } from '../../shared/logger.js';
import type { SharedServices } from '../../shared/shared-services.js';
import type { DeploymentsConfig } from '../config.js';
import type { Environments } from '../environments.js';
import type { ServiceAccess } from '../service/service-access.js';
import type { WorkloadClient } from '../workload/workload.client.js';
import { DebugContainerClient } from './debug-container.client.js';
import { ExecClient } from './exec-client.js';
import { ExecEndings } from './exec-endings.js';
import { ExecForwarding } from './exec-forwarding.js';
import { ExecHistoryService } from './exec-history.service.js';
import { ExecJournal } from './exec-journal.js';
import { ExecOpener } from './exec-opener.js';
import { ExecReplica } from './exec-replica.js';
import { ExecSessionRepository } from './exec-session.repository.js';
import { ExecSessionService } from './exec-session.service.js';
import { HeldSessions } from './held-sessions.js';

interface Needs {
  readonly config: DeploymentsConfig['exec'];
  readonly shared: SharedServices;
  readonly database: Database;
  readonly changes: Changes;
  readonly access: ServiceAccess;
  readonly environments: Environments;
  readonly workloads: WorkloadClient;
  readonly logger: Logger;
}

/** The part of `subgraph.ts` that only sessions need. */
export function wireExecSessions({
  config,
  shared,
  database,
  changes,
  access,
  environments,
  workloads,
  logger,
}: Needs) {
  const { clock, events, guard, connections, permissions } = shared;
  const { secretKey } = shared.config;
  const recordingsKey = deriveKey(secretKey, 'exec-recordings');
  const replicaId = randomUUID();
  const records = new ExecSessionRepository(database);
  const journal = new ExecJournal(database, changes, records, clock, replicaId, config.sessionsPerUser);
  const held = new HeldSessions(access, config, clock, events);
  const opener = new ExecOpener(
    access,
    environments,
    workloads,
    new ExecClient(connections),
    new DebugContainerClient(connections),
    journal,
    records,
    recordingsKey,
    config,
    clock,
    logger,
  );
  const sessions = new ExecSessionService(
    access,
    changes,
    opener,
    journal,
    records,
    held,
    new ExecEndings(journal, held, Math.random, logger),
    new ExecForwarding(records, deriveKey(secretKey, 'caller-context'), config.lease),
    guard,
    config.debugImage,
  );
  return {
    sessions,
    history: new ExecHistoryService(permissions, changes, records, recordingsKey),
    replica: new ExecReplica(replicaId, records, journal, held, config.lease, logger),
  };
}
