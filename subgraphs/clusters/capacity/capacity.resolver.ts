import { FieldResolver, Resolver, Root } from 'type-graphql';
import { UsageSample, UsageUnavailable } from '../../shared/usage.type.js';
import { Cluster } from '../cluster/cluster.type.js';
import type { CapacityService } from './capacity.service.js';
import { NodeCounts, PodCounts } from './counts.type.js';
import { Resources } from './resources.type.js';

/** The totals of a cluster. */
@Resolver(() => Cluster)
export class CapacityResolver {
  constructor(private readonly totals: CapacityService) {}

  @FieldResolver(() => Resources, { description: 'What its nodes have together.' })
  capacity(@Root() { id }: Cluster): Promise<Resources> {
    return this.totals.capacity(id);
  }

  @FieldResolver(() => Resources, { description: 'What its nodes have for pods.' })
  allocatable(@Root() { id }: Cluster): Promise<Resources> {
    return this.totals.allocatable(id);
  }

  @FieldResolver(() => Resources, {
    description:
      'What all pods that are not finished have asked for, as the scheduler counts it. 0 as long as it was never read.',
  })
  requested(@Root() { id }: Cluster): Promise<Resources> {
    return this.totals.requested(id);
  }

  @FieldResolver(() => Resources, {
    nullable: true,
    description: 'What its nodes use now; null when it is not known: usageUnavailable says why.',
  })
  usage(@Root() { id }: Cluster): Promise<Resources | null> {
    return this.totals.usage(id);
  }

  @FieldResolver(() => UsageUnavailable, {
    nullable: true,
    description: 'Why usage is null; null when it is not.',
  })
  usageUnavailable(@Root() { id }: Cluster): Promise<UsageUnavailable | null> {
    return this.totals.usageUnavailable(id);
  }

  @FieldResolver(() => [UsageSample], {
    description:
      'What its nodes used together, every 15 s of up to an hour, oldest first, the latest included. Recorded while somebody asks for it and for 5 minutes after; empty when usage is null.',
  })
  async usageHistory(@Root() { id }: Cluster): Promise<UsageSample[]> {
    return [...(await this.totals.usageHistory(id))];
  }

  @FieldResolver(() => NodeCounts, { description: 'How many nodes it has.' })
  nodeCounts(@Root() { id }: Cluster): Promise<NodeCounts> {
    return this.totals.nodeCounts(id);
  }

  @FieldResolver(() => PodCounts, { description: 'How many pods are on it.' })
  podCounts(@Root() { id }: Cluster): Promise<PodCounts> {
    return this.totals.podCounts(id);
  }
}
