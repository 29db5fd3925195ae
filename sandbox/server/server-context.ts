import type { Clock } from '../controllers/clock.js';
import type { Registry } from '../storage/registry.js';
import type { ContainerRuntime } from '../storage/runtime.js';
import type { Access } from './access/access.js';
import type { Aggregator } from './aggregation/aggregator.js';
import type { OpenApiDocuments } from './openapi/documents.js';

/** What every handler may use. */
export interface ServerContext {
  readonly registry: Registry;
  readonly access: Access;
  readonly aggregator: Aggregator;
  readonly openApi: OpenApiDocuments;
  readonly now: () => number;
  /** For what a server does after a while: bookmarks, ends of watches, waiting for revisions. */
  readonly clock: Clock;
  /** Such as `v1.36.2`. */
  readonly version: string;
  /** Host and port, as discovery documents name the server. */
  readonly address: () => string;
  /** Absent while no kubelet runs: logs and exec then find no containers. */
  readonly runtime: () => ContainerRuntime | undefined;
}
