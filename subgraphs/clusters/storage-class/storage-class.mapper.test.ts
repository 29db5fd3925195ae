import { describe, expect, it } from 'vitest';
import type { StorageClass } from '../../shared/kubernetes/resources.js';
import { toStorageClassView } from './storage-class.mapper.js';

const storageClass = (more: object): StorageClass => ({
  metadata: { name: 'fast', creationTimestamp: '2026-11-22T18:00:00Z' },
  provisioner: 'ebs.csi.aws.com',
  ...more,
});

describe('a storage class as Meridian shows it', () => {
  it('says how volumes are made, and what becomes of them', () => {
    const view = toStorageClassView(
      storageClass({
        metadata: { name: 'fast', annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } },
        allowVolumeExpansion: true,
        volumeBindingMode: 'WaitForFirstConsumer',
        reclaimPolicy: 'Retain',
        mountOptions: ['noatime'],
        parameters: { type: 'gp3', 'csi.storage.k8s.io/fstype': 'ext4' },
      }),
    );
    expect(view).toEqual({
      name: 'fast',
      provisioner: 'ebs.csi.aws.com',
      default: true,
      expandable: true,
      volumeBindingMode: 'WAIT_FOR_FIRST_CONSUMER',
      reclaimPolicy: 'RETAIN',
      parameters: { type: 'gp3', 'csi.storage.k8s.io/fstype': 'ext4' },
      mountOptions: ['noatime'],
      createdAt: null,
    });
  });

  it('has the defaults of Kubernetes for what is left out', () => {
    expect(toStorageClassView(storageClass({}))).toMatchObject({
      default: false,
      expandable: false,
      volumeBindingMode: 'IMMEDIATE',
      reclaimPolicy: 'DELETE',
      parameters: {},
      createdAt: new Date('2026-11-22T18:00:00Z'),
    });
  });

  it('shows no parameter that may hold a secret', () => {
    const parameters = {
      pool: 'rbd',
      restuserkey: 'canary',
      adminSecret: 'canary',
      'csi.storage.k8s.io/provisioner-secret-name': 'canary',
      storageAccountKey: 'canary',
      authPassword: 'canary',
      accessKey: 'canary',
      key: 'canary',
      resturl: 'http://heketi:canary@10.0.0.1',
      replication: 'yes',
      keyspace: 'fine',
    };
    expect(toStorageClassView(storageClass({ parameters })).parameters).toEqual({
      pool: 'rbd',
      replication: 'yes',
      keyspace: 'fine',
    });
  });
});
