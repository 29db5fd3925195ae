import { type ClusterStatus, statusesWorstFirst } from '../status/cluster-state.js';
import type { ClusterConditions } from './cluster-conditions.js';
import type { ClusterListRepository, Count } from './cluster-list.repository.js';

/** Counts for each filter of a list of clusters; each is made when it is read. */
export interface ClusterFacetCounts {
  readonly infrastructure: Promise<Count[]>;
  readonly location: Promise<Count[]>;
  readonly landscape: Promise<Count[]>;
  readonly status: Promise<Count[]>;
  readonly labels: Promise<{ readonly name: string; readonly values: Count[] }[]>;
}

/**
 * How many clusters each value of a filter would leave. A facet honours every filter but its own: whoever has chosen
 * one value sees what the others would give.
 */
export function clusterFacets(
  lists: Pick<ClusterListRepository, 'countBy' | 'countLabels' | 'listIds'>,
  conditions: ClusterConditions,
  known: {
    readonly landscapes: ReadonlyMap<string, ReadonlySet<string>>;
    statusOf(clusterId: string): ClusterStatus;
  },
): ClusterFacetCounts {
  return {
    get infrastructure() {
      return lists.countBy('infrastructure', { ...conditions, infrastructure: undefined });
    },
    get location() {
      return lists.countBy('location', { ...conditions, location: undefined });
    },
    get landscape() {
      return countLandscapes();
    },
    get status() {
      return countStatuses();
    },
    get labels() {
      return countLabels();
    },
  };

  async function countLandscapes(): Promise<Count[]> {
    const ids = await lists.listIds({ ...conditions, idsByLandscape: undefined });
    return [...known.landscapes]
      .map(([value, clusters]) => ({ value, count: ids.filter((id) => clusters.has(id)).length }))
      .filter(({ count }) => count > 0)
      .sort(byCount);
  }

  async function countStatuses(): Promise<Count[]> {
    const ids = await lists.listIds({ ...conditions, idsByStatus: undefined });
    return statusesWorstFirst
      .map((value) => ({ value, count: ids.filter((id) => known.statusOf(id) === value).length }))
      .filter(({ count }) => count > 0);
  }

  async function countLabels(): Promise<{ name: string; values: Count[] }[]> {
    const filtered = conditions.labels.map(({ name }) => name);
    const [all, ...own] = await Promise.all([
      lists.countLabels(conditions, null),
      ...filtered.map((own) =>
        lists.countLabels(
          { ...conditions, labels: conditions.labels.filter(({ name }) => name !== own) },
          own,
        ),
      ),
    ]);
    const counts = [...all.filter(({ name }) => !filtered.includes(name)), ...own.flat()];
    const names = [...new Set(counts.map(({ name }) => name))].sort();
    return names.map((name) => ({
      name,
      values: counts.filter((each) => each.name === name).map(({ value, count }) => ({ value, count })),
    }));
  }
}

const byCount = (a: Count, b: Count): number => b.count - a.count || (a.value < b.value ? -1 : 1);
