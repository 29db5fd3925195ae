import type { ClusterMonitor } from '../status/cluster-monitor.js';
import { mayAnswer } from '../status/cluster-state.js';
import type { StorageClassClient } from './storage-class.client.js';
import { type StorageClassView, toStorageClassView } from './storage-class.mapper.js';

/** The storage classes of a cluster that the caller was given, so may see. */
export class StorageClassService {
  constructor(
    private readonly storageClasses: Pick<StorageClassClient, 'list'>,
    private readonly monitor: Pick<ClusterMonitor, 'stateOf'>,
  ) {}

  async list(clusterId: string): Promise<StorageClassView[]> {
    const wait = mayAnswer(this.monitor.stateOf(clusterId));
    return (await this.storageClasses.list(clusterId, { wait })).map(toStorageClassView);
  }
}
