import DataLoader from 'dataloader';
import { Ctx, FieldResolver, Resolver, Root } from 'type-graphql';
import { Permission, type ReferenceResolver } from '../../shared/federated-schema.js';
import type { RequestContext } from '../../shared/request-context.js';
import type { RoleBindingService } from '../role-binding/role-binding.service.js';
import { RoleBinding } from '../role-binding/role-binding.type.js';
import { Project } from './project.type.js';

const loaderKey = Symbol('members of projects');

@Resolver(() => Project)
export class ProjectResolver implements ReferenceResolver {
  constructor(private readonly bindings: RoleBindingService) {}

  @FieldResolver(() => [RoleBinding], {
    description:
      'Who holds a role within it, oldest first. Empty for callers who may not read its role bindings.',
  })
  @Permission('bindings.read')
  members(@Root() { id }: Project, @Ctx() { caller, loaders }: RequestContext): Promise<RoleBinding[]> {
    const make = () =>
      new DataLoader<string, RoleBinding[]>((ids) => this.bindings.listByProjects(caller, ids));
    return loaders.get(loaderKey, make).load(id);
  }

  /** Whether there is such a project, its owner says; what is added here checks by itself. */
  resolveReference({ id }: { id: string }): Project {
    return { id };
  }
}
