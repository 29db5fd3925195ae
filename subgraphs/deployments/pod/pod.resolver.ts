import { Arg, Ctx, FieldResolver, ID, Mutation, Resolver, Root, Subscription } from 'type-graphql';
import { Permission } from '../../shared/federated-schema.js';
import type { RequestContext } from '../../shared/request-context.js';
import { UsageUnavailable } from '../../shared/usage.type.js';
import { Deployment } from '../deployment/deployment.type.js';
import type { DeploymentsContext } from '../deployments-context.js';
import type { FieldLoaders } from '../loaders.js';
import type { ServiceRuntimeService } from '../service/service-runtime.service.js';
import { Usage } from '../usage/usage.type.js';
import type { PodValue } from './pod.mapper.js';
import type { PodService } from './pod.service.js';
import { DeletePodInput, DeletePodPayload, Pod, PodEvent } from './pod.type.js';
import type { PodEventValue } from './pod-stream.js';

@Resolver(() => Pod)
export class PodResolver {
  constructor(
    private readonly pods: PodService,
    private readonly runtime: ServiceRuntimeService,
    private readonly loaders: FieldLoaders,
  ) {}

  @FieldResolver(() => Deployment, {
    nullable: true,
    description: 'The deployment whose template it was made from; null for pods that no deployment made.',
  })
  @Permission('deployments.read')
  async deployment(@Root() pod: PodValue, @Ctx() context: RequestContext): Promise<Deployment | null> {
    return pod.deploymentId === null
      ? null
      : ((await this.loaders.deployment(context, pod.deploymentId)) ?? null);
  }

  @FieldResolver(() => Usage, {
    nullable: true,
    description: 'CPU and memory; null when not measured: usageUnavailable says why.',
  })
  async usage(@Root() pod: PodValue): Promise<Usage | null> {
    return (await this.runtime.usageOfPod(pod)).usage;
  }

  @FieldResolver(() => UsageUnavailable, {
    nullable: true,
    description: 'Why usage is null; null when it is not.',
  })
  async usageUnavailable(@Root() pod: PodValue): Promise<UsageUnavailable | null> {
    return (await this.runtime.usageOfPod(pod)).unavailable;
  }

  @Mutation(() => DeletePodPayload, { description: 'Deletes a pod; another takes its place.' })
  @Permission('pods.delete')
  async deletePod(
    @Arg('input', { description: 'Which.' }) input: DeletePodInput,
    @Ctx() { caller }: RequestContext,
  ): Promise<DeletePodPayload> {
    return { pod: await this.pods.delete(caller, input) };
  }

  @Subscription(() => PodEvent, {
    description: 'The pods of a service: a snapshot, then changes.',
    subscribe: ({ args, context }) => {
      const { streams, caller } = context as DeploymentsContext;
      const { serviceId, after } = args as { serviceId: string; after?: string | null };
      // type-graphql's types want the iterable at once; graphql-js awaits it.
      return streams.pods.watch(caller, serviceId, after) as never;
    },
  })
  @Permission('services.read')
  podStatus(
    @Root() event: PodEventValue,
    @Arg('serviceId', () => ID, { description: 'Which service.' }) _serviceId: string,
    @Arg('after', () => String, {
      nullable: true,
      description:
        'Cursor of the last event received: what is different since follows, across connections and restarts of Meridian, or StreamReset and a snapshot when that is not known.',
    })
    _after: string | null,
  ): PodEventValue {
    return event;
  }
}
