import { Arg, Args, Ctx, FieldResolver, ID, Query, Resolver, Root } from 'type-graphql';
import { Permission, type ReferenceResolver } from '../../shared/federated-schema.js';
import { type Page, PageArguments } from '../../shared/pagination.js';
import type { RequestContext } from '../../shared/request-context.js';
import { hostOf } from '../offering/manifest-rendering.js';
import type { OfferingService } from '../offering/offering.service.js';
import { Offering } from '../offering/offering.type.js';
import { Environment } from '../references/environment.js';
import { Observation } from '../references/observation.js';
import { Project } from '../references/project.js';
import { User } from '../references/user.js';
import type { InstanceService } from './instance.service.js';
import {
  Instance,
  InstanceConnection,
  InstanceFilter,
  InstanceStatus,
  StorageVolume,
} from './instance.type.js';
import { type InstanceRow, loadInstance, loadState } from './instance-loaders.js';

@Resolver(() => Instance)
export class InstanceResolver implements ReferenceResolver {
  constructor(
    private readonly instances: InstanceService,
    private readonly offerings: OfferingService,
  ) {}

  @Query(() => Instance, {
    name: 'instance',
    nullable: true,
    description: 'One instance; null when absent or not permitted.',
  })
  @Permission('instances.read')
  async find(
    @Ctx() { caller }: RequestContext,
    @Arg('id', () => ID, { description: 'Its global id.' }) id: string,
  ): Promise<Instance | null> {
    return (await this.instances.find(caller, id)) ?? null;
  }

  @Query(() => InstanceConnection, {
    name: 'instances',
    description: 'Instances that the caller may see, the oldest first.',
  })
  @Permission('instances.read')
  list(
    @Ctx() { caller }: RequestContext,
    @Args() page: PageArguments,
    @Arg('filter', () => InstanceFilter, { nullable: true, description: 'Which; all when left out.' })
    filter?: InstanceFilter | null,
  ): Promise<Page<Instance>> {
    return this.instances.list(caller, page, filter ?? {});
  }

  async resolveReference({ id }: { id: string }, context: RequestContext): Promise<Instance | null> {
    return (await loadInstance(this.instances, context, id)) ?? null;
  }

  @FieldResolver(() => Offering, { description: 'What it is an instance of.' })
  offering(@Root() instance: InstanceRow): Offering {
    return this.offerings.ofInstance(instance);
  }

  @FieldResolver(() => Environment, { description: 'Where it runs.' })
  environment(@Root() { environmentId }: InstanceRow): Environment {
    return { id: environmentId };
  }

  @FieldResolver(() => Project, { description: 'Whose it is.' })
  project(@Root() { projectId }: InstanceRow): Project {
    return { id: projectId };
  }

  @FieldResolver(() => User, { nullable: true, description: 'Who created it.' })
  createdBy(@Root() { createdById }: InstanceRow): User {
    return { id: createdById };
  }

  @FieldResolver(() => String, { description: 'Host name within the cluster.' })
  host(@Root() instance: InstanceRow): string {
    return hostOf(instance);
  }

  @FieldResolver(() => InstanceStatus, { description: 'What it is now; the last known when observed.stale.' })
  async status(@Root() instance: InstanceRow, @Ctx() context: RequestContext): Promise<InstanceStatus> {
    return (await loadState(this.instances, context, instance)).status;
  }

  @FieldResolver(() => String, { nullable: true, description: 'Why the status is what it is, for a person.' })
  async statusReason(@Root() instance: InstanceRow, @Ctx() context: RequestContext): Promise<string | null> {
    return (await loadState(this.instances, context, instance)).reason;
  }

  @FieldResolver(() => Observation, { description: 'How fresh status and storage are.' })
  async observed(@Root() instance: InstanceRow, @Ctx() context: RequestContext): Promise<Observation> {
    const { clusterId, ...observation } = (await loadState(this.instances, context, instance)).observation;
    return { ...observation, cluster: { id: clusterId } };
  }

  @FieldResolver(() => [StorageVolume], { description: 'Its volumes.' })
  async storage(@Root() instance: InstanceRow, @Ctx() context: RequestContext): Promise<StorageVolume[]> {
    return [...(await loadState(this.instances, context, instance)).storage];
  }
}
