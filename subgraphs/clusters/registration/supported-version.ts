/**
 * The first version that serves everything Meridian uses as stable: policy/v1 evictions, server-side apply and
 * networking.k8s.io/v1 (1.22), autoscaling/v2 (1.23).
 */
export const oldestSupportedVersion = 'v1.23';

/** Minor version of a Kubernetes 1.x by its gitVersion, such as `v1.30.4-gke.100`; undefined for any other text. */
const minorOf = (version: string): number | undefined => {
  const match = /^v?1\.(\d{1,4})(?![\d])/.exec(version);
  return match ? Number(match[1]) : undefined;
};

export function judgeVersion(version: unknown): 'SUPPORTED' | 'TOO_OLD' | 'NOT_KUBERNETES' {
  const minor = typeof version === 'string' ? minorOf(version) : undefined;
  if (minor === undefined) return 'NOT_KUBERNETES';
  return minor < (minorOf(oldestSupportedVersion) ?? 0) ? 'TOO_OLD' : 'SUPPORTED';
}
