import type { Api } from '../storage/api.js';
import type { Clock } from './clock.js';
import type { ObjectCache } from './object-cache.js';
import { WorkQueue } from './work-queue.js';

const ROOT_CA = 'kube-root-ca.crt';

/** Gives every namespace its default service account and the certificates to trust the API server by. */
export class ServiceAccountController {
  private readonly queue: WorkQueue;

  constructor(
    private readonly api: Api,
    clock: Clock,
    private readonly namespaces: ObjectCache,
    private readonly rootCertificate: string,
  ) {
    this.queue = new WorkQueue(clock, (name) => this.reconcile(name));
    namespaces.subscribe(({ object }) => this.queue.add(object.metadata.name));
  }

  dispose(): void {
    this.queue.dispose();
  }

  private reconcile(namespace: string): void {
    const found = this.namespaces.get(namespace);
    if (!found || found.metadata.deletionTimestamp) return;
    if (!this.api.get('configmaps', namespace, ROOT_CA))
      this.api.create('configmaps', {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: {
          name: ROOT_CA,
          namespace,
          annotations: {
            'kubernetes.io/description':
              'Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.',
          },
        },
        data: { 'ca.crt': this.rootCertificate },
      });
    if (!this.api.get('serviceaccounts', namespace, 'default'))
      this.api.create('serviceaccounts', {
        apiVersion: 'v1',
        kind: 'ServiceAccount',
        metadata: { name: 'default', namespace },
      });
  }
}
