import { age, type Column, count, createdAt, NONE, plain, UNSET, wide } from './column.js';

const MODES: Readonly<Record<string, string>> = {
  ReadWriteOnce: 'RWO',
  ReadOnlyMany: 'ROX',
  ReadWriteMany: 'RWX',
  ReadWriteOncePod: 'RWOP',
};

const accessModes = (modes: readonly string[] | undefined): string =>
  [...new Set(modes ?? [])].map((mode) => MODES[mode] ?? mode).join(',');

const phase = ({ metadata, status }: any): string =>
  metadata.deletionTimestamp ? 'Terminating' : (status.phase ?? '');

/** Such as `pods: 3/20, requests.cpu: 0/10`. */
const quotaUse = ({ status }: any, isLimit: boolean): string =>
  Object.keys(status?.hard ?? {})
    .filter((name) => name.startsWith('limits.') === isLimit)
    .sort()
    .map((name) => `${name}: ${status.used?.[name] ?? '0'}/${status.hard[name]}`)
    .join(', ');

export const configurationColumns: Readonly<Record<string, readonly Column[]>> = {
  configmaps: [
    plain(
      'Data',
      ({ data, binaryData }) => Object.keys(data ?? {}).length + Object.keys(binaryData ?? {}).length,
    ),
    age,
  ],
  secrets: [
    plain('Type', ({ type }) => type),
    plain('Data', ({ data }) => Object.keys(data ?? {}).length),
    age,
  ],
  namespaces: [plain('Status', ({ status }) => status.phase), age],
  serviceaccounts: [count('Secrets', ({ secrets }) => secrets?.length ?? 0), age],
  resourcequotas: [
    plain('Request', (quota) => quotaUse(quota, false)),
    plain('Limit', (quota) => quotaUse(quota, true)),
    age,
  ],
  limitranges: [createdAt],
  persistentvolumeclaims: [
    plain('Status', phase),
    plain('Volume', ({ spec }) => spec.volumeName ?? ''),
    plain('Capacity', ({ spec, status }) => (spec.volumeName ? (status.capacity?.storage ?? '') : '')),
    plain('Access Modes', ({ spec, status }) => (spec.volumeName ? accessModes(status.accessModes) : '')),
    plain('StorageClass', ({ spec }) => spec.storageClassName ?? ''),
    plain('VolumeAttributesClass', ({ spec }) => spec.volumeAttributesClassName ?? UNSET),
    age,
    wide('VolumeMode', ({ spec }) => spec.volumeMode ?? UNSET),
  ],
  persistentvolumes: [
    plain('Capacity', ({ spec }) => spec.capacity?.storage ?? ''),
    plain('Access Modes', ({ spec }) => accessModes(spec.accessModes)),
    plain('Reclaim Policy', ({ spec }) => spec.persistentVolumeReclaimPolicy ?? ''),
    plain('Status', phase),
    plain('Claim', ({ spec }) => (spec.claimRef ? `${spec.claimRef.namespace}/${spec.claimRef.name}` : '')),
    plain('StorageClass', ({ spec }) => spec.storageClassName ?? ''),
    plain('VolumeAttributesClass', ({ spec }) => spec.volumeAttributesClassName ?? UNSET),
    plain('Reason', ({ status }) => status.reason ?? ''),
    age,
    wide('VolumeMode', ({ spec }) => spec.volumeMode ?? UNSET),
  ],
  storageclasses: [
    plain('Provisioner', ({ provisioner }) => provisioner),
    plain('ReclaimPolicy', ({ reclaimPolicy }) => reclaimPolicy ?? 'Delete'),
    plain('VolumeBindingMode', ({ volumeBindingMode }) => volumeBindingMode ?? 'Immediate'),
    plain('AllowVolumeExpansion', ({ allowVolumeExpansion }) => String(allowVolumeExpansion ?? false)),
    age,
  ],
  roles: [createdAt],
  clusterroles: [createdAt],
  rolebindings: bindingColumns(),
  clusterrolebindings: bindingColumns(),
};

function bindingColumns(): Column[] {
  const subjects = (kind: string): Column['cell'] => {
    return (binding) =>
      (binding.subjects ?? [])
        .filter((each: any) => each.kind === kind)
        .map(({ namespace, name }: any) => (namespace ? `${namespace}/${name}` : name))
        .join(', ');
  };
  return [
    plain('Role', ({ roleRef }) => (roleRef ? `${roleRef.kind}/${roleRef.name}` : NONE)),
    age,
    wide('Users', subjects('User')),
    wide('Groups', subjects('Group')),
    wide('ServiceAccounts', subjects('ServiceAccount')),
  ];
}
