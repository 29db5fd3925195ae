import type { RequestContext } from '../shared/request-context.js';
import type { DrainReadingService } from './node-drain/drain-reading.service.js';
import type { ClusterStatusService } from './status/cluster-status.service.js';

/** A subscription's `subscribe` has no `this`: what it needs travels here. */
export interface ClustersContext extends RequestContext {
  readonly clusterStatus: ClusterStatusService;
  readonly drains: DrainReadingService;
}
