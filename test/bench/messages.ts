/** Between clusters-at-load and the processes that it starts. */

export type ToCluster =
  | { readonly type: 'fill' | 'rest' | 'report' | 'stop' }
  | { readonly type: 'change'; readonly perSecond: number };

/** What a process uses. Looking costs a garbage collection, which is in neither of the processor times. */
export interface Usage {
  readonly cpuSecondsBefore: number;
  readonly cpuSecondsAfter: number;
  readonly rssBytes: number;
  readonly heapBytes: number;
}

export interface ClusterReport extends Usage {
  /** Open now. */
  readonly watches: number;
  /** Sent so far. */
  readonly lists: number;
}

export type FromCluster =
  | { readonly type: 'started'; readonly url: string; readonly token: string }
  | { readonly type: 'filled' }
  | { readonly type: 'report'; readonly report: ClusterReport };

export type ToWatcher = { readonly type: 'report' | 'stop' };

export interface WatcherReport extends Usage {
  readonly pods: number;
  readonly events: number;
  /** Since the last report: when an object was written, and when the listener of an informer saw it (`machineMs`). */
  readonly seen: readonly { readonly writtenAt: number; readonly at: number }[];
}

export type FromWatcher =
  | { readonly type: 'synced'; readonly seconds: number }
  | { readonly type: 'report'; readonly report: WatcherReport };

export interface ClusterAddress {
  readonly url: string;
  readonly token: string;
}
