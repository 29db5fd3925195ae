import { Ctx, FieldResolver, Resolver, Root } from 'type-graphql';
import { NotFoundError } from '../../shared/errors.js';
import type { RequestContext } from '../../shared/request-context.js';
import type { FieldLoaders } from '../loaders.js';
import { Instance } from '../references/project.reference.js';
import { Service } from '../service/service.type.js';
import type { BindingRow } from './binding.service.js';
import { Binding } from './binding.type.js';

@Resolver(() => Binding)
export class BindingResolver {
  constructor(private readonly loaders: FieldLoaders) {}

  @FieldResolver(() => Instance, { description: 'What is bound.' })
  instance(@Root() { instanceId }: BindingRow): Instance {
    return { id: instanceId };
  }

  @FieldResolver(() => Service, { description: 'What it is bound to.' })
  async service(@Root() { serviceId }: BindingRow, @Ctx() context: RequestContext): Promise<Service> {
    const service = await this.loaders.service(context, serviceId);
    if (!service) throw new NotFoundError('Service', serviceId);
    return service;
  }

  @FieldResolver(() => [String], { description: 'Names of the variables, prefix included.' })
  variables(@Root() { variables }: BindingRow): string[] {
    return variables.map(({ name }) => name);
  }
}
