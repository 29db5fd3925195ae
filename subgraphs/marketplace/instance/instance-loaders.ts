import DataLoader from 'dataloader';
import { type Page, type PageArguments } from '../../shared/pagination.js';
import type { RequestContext } from '../../shared/request-context.js';
import type { InstanceService, ObservedState } from './instance.service.js';

/** What the service gives for an instance; its GraphQL type shows a part of it. */
export type InstanceRow = NonNullable<Awaited<ReturnType<InstanceService['find']>>>;

const byId = Symbol('instances by id');
const states = Symbol('states of instances');
const counts = Symbol('counts of instances');
const pages = Symbol('pages of instances');

export function loadInstance(
  instances: InstanceService,
  { caller, loaders }: RequestContext,
  id: string,
): Promise<InstanceRow | undefined> {
  const loader = loaders.get(
    byId,
    () => new DataLoader((ids: readonly string[]) => instances.findAll(caller, ids)),
  );
  return loader.load(id);
}

/** One look at the cluster for all fields of an instance, so that they agree. */
export function loadState(
  instances: InstanceService,
  { loaders }: RequestContext,
  instance: InstanceRow,
): Promise<ObservedState> {
  const known = loaders.get(states, () => new Map<string, Promise<ObservedState>>());
  const key = `${instance.id} ${instance.revision} ${instance.phase}`;
  const state = known.get(key) ?? instances.observe(instance);
  known.set(key, state);
  return state;
}

export function loadPage(
  instances: InstanceService,
  { caller, loaders }: RequestContext,
  parent: 'projectId' | 'environmentId',
  parentId: string,
  page: PageArguments,
): Promise<Page<InstanceRow>> {
  const known = loaders.get(pages, () => new Map<string, DataLoader<string, Page<InstanceRow>>>());
  const key = JSON.stringify([parent, page.first ?? null, page.after ?? null]);
  const loader =
    known.get(key) ??
    new DataLoader((ids: readonly string[]) => instances.listByParents(caller, parent, ids, page));
  known.set(key, loader);
  return loader.load(parentId);
}

export function loadCount(
  instances: InstanceService,
  { caller, loaders }: RequestContext,
  projectId: string,
): Promise<number> {
  const loader = loaders.get(
    counts,
    () => new DataLoader((ids: readonly string[]) => instances.countByProjects(caller, ids)),
  );
  return loader.load(projectId);
}
