import { describe, expect, it } from 'vitest';
import { serviceLabel } from '../workload/labels.js';
import { ExecClient } from './exec-client.js';
import type { ExecPlace } from './exec-place.js';

const place: ExecPlace = {
  person: { userId: null, requestId: 'request', address: null },
  clusterId: 'cluster_1',
  namespace: 'shop-dev',
  pod: 'web-1',
  uid: 'uid-1',
  container: 'web',
  serviceId: 'service_1',
};

/** A cluster in which the pod's name leads to this. */
const clientSeeing = (uid: string, serviceId: string): ExecClient =>
  new ExecClient({
    get: async () =>
      ({ request: async () => ({ metadata: { uid, labels: { [serviceLabel]: serviceId } } }) }) as never,
  });

describe('the pod of a session, looked at again right before it is opened', () => {
  it('is the one that was chosen', async () => {
    await expect(clientSeeing('uid-1', 'service_1').requirePod(place)).resolves.toBeUndefined();
  });

  it('is not another that took its name, of the same service or of another (EX-7)', async () => {
    for (const client of [clientSeeing('uid-2', 'service_1'), clientSeeing('uid-1', 'service_2')]) {
      await expect(client.requirePod(place)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    }
  });
});
