import type { RequestContext } from '../shared/request-context.js';
import type { InstanceService } from './instance/instance.service.js';

/** A `subscribe` function has no `this`: what it opens a stream with travels in the context. */
export interface MarketplaceContext extends RequestContext {
  readonly instances: InstanceService;
}
