/** What a cluster runs on, with what it is called. */
export const infrastructures = {
  BARE_METAL: 'Machines without virtualisation.',
  VMWARE: 'VMware vSphere.',
  OPENSTACK: 'OpenStack.',
  AWS: 'Amazon Web Services.',
  AZURE: 'Microsoft Azure.',
  GCP: 'Google Cloud.',
  OTHER: 'Anything else, such as a sandbox.',
} as const;

export type Infrastructure = keyof typeof infrastructures;
