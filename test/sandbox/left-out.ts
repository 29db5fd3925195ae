/**
 * Recorded exchanges in which the sandbox differs on purpose, or because of what is not simulated. The replay fails
 * when one of these comes to agree, so that the list stays true. Besides these, identifiers, versions, times,
 * addresses, hashes, generated suffixes, ages, descriptions of table columns and the status of in-place resize are
 * not compared anywhere (replay/normalise.ts, replay/strip.ts), and of discovery only the kinds that are served.
 */
export interface LeftOut {
  readonly scenario: string;
  /** By their position in the recording. */
  readonly exchanges: readonly number[];
  readonly reason: string;
}

const TIMING =
  'how often controllers and kubelet write on the way depends on how fast each is; the end states are compared';
const OTHER_WORK =
  'what is written here comes from the scheduler and kubelet of the recorded node, which had other timing';

export const leftOut: readonly LeftOut[] = [
  {
    scenario: '01-discovery',
    exchanges: [25, 26, 27, 30, 31],
    reason: 'the list of health checks depends on the build; the recording says not to depend on it',
  },
  { scenario: '01-discovery', exchanges: [13], reason: 'autoscaling/v1 is not served; autoscaling/v2 is' },
  {
    scenario: '01-discovery',
    exchanges: [35],
    reason: 'there is no OpenAPI document; kubectl needs --validate=false',
  },
  { scenario: '02-crud-errors', exchanges: [88], reason: 'the recorder put a note in the place of the body' },
  { scenario: '02-crud-errors', exchanges: [117, 119, 120, 123, 125], reason: TIMING },
  { scenario: '06-deployment-rolling-update', exchanges: [1, 2, 3, 4, 14, 40], reason: TIMING },
  {
    scenario: '06-deployment-rolling-update',
    exchanges: [12, 15, 29, 31, 33, 38],
    reason: 'read in the middle of a rollout, or counting its steps (generation of a ReplicaSet)',
  },
  {
    scenario: '06-deployment-rolling-update',
    exchanges: [39],
    reason: 'more scaling steps than recorded, so that the last events are combined',
  },
  { scenario: '07-deployment-failures', exchanges: [0, 1, 2, 59], reason: TIMING },
  {
    scenario: '07-deployment-failures',
    exchanges: [16, 17, 45, 46, 47],
    reason:
      'the recorded registry was unreachable; in the sandbox an image that cannot be pulled is named missing',
  },
  {
    scenario: '07-deployment-failures',
    exchanges: [26, 29, 31, 32, 33, 34, 35, 38, 41, 43, 44, 50, 52, 53, 55, 56, 63],
    reason: 'counts of retries and the state between two of them, at the second when the recorder looked',
  },
  { scenario: '08-quota-limits', exchanges: [16, 19], reason: OTHER_WORK },
  {
    scenario: '09-logs',
    exchanges: [0, 2, 6],
    reason: 'once, two streams of the recorded container overtook each other',
  },
  {
    scenario: '09-logs',
    exchanges: [10, 11],
    reason: 'sinceTime names a time of the recording; see logs.test.ts',
  },
  {
    scenario: '09-logs',
    exchanges: [22],
    reason: 'printf of the simulated shell writes octal escapes as characters, not as bytes',
  },
  {
    scenario: '09-logs',
    exchanges: [33, 34, 35, 36],
    reason: 'containers that write something else after a restart are not simulated by a command alone',
  },
  { scenario: '09-logs', exchanges: [38], reason: 'ErrImagePull had become ImagePullBackOff by then' },
  {
    scenario: '09-logs',
    exchanges: [48, 49, 51],
    reason: 'the simulated shell does not run traps of the main process',
  },
  {
    scenario: '10-exec',
    exchanges: [12, 14, 15],
    reason: 'the shell greets with its own version and does not ask the terminal for its cursor',
  },
  {
    scenario: '10-exec',
    exchanges: [19, 20],
    reason:
      'the recorder shortened the output; tr and printf of the simulated shell do not handle bytes as octal',
  },
  {
    scenario: '10-exec',
    exchanges: [45, 46],
    reason: 'attach shows output; it does not open standard input',
  },
  {
    scenario: '10-exec',
    exchanges: [49],
    reason: 'requests are replayed one after the other; see exec.test.ts',
  },
  { scenario: '11-statefulset-pvc', exchanges: [1, 3, 8, 19], reason: TIMING },
  { scenario: '12-service-ingress-endpoints', exchanges: [0, 1, 5, 6, 9], reason: TIMING },
  { scenario: '13-autoscaling', exchanges: [0, 1, 17, 24], reason: TIMING },
  {
    scenario: '13-autoscaling',
    exchanges: [5, 8, 16],
    reason: 'autoscaling/v1 is not served; autoscaling/v2 is',
  },
  { scenario: '13-autoscaling', exchanges: [23], reason: 'no printer columns for autoscalers' },
  { scenario: '14-namespace-lifecycle', exchanges: [0, 3], reason: TIMING },
  { scenario: '15-tokenreview-rbac', exchanges: [20, 21], reason: 'selfsubjectrulesreviews is not served' },
  {
    scenario: '15-tokenreview-rbac',
    exchanges: [33],
    reason: 'the recorded admin had a client certificate, that of the sandbox has a token',
  },
  { scenario: '15-tokenreview-rbac', exchanges: [49, 50], reason: 'escalation of roles is not checked' },
  {
    scenario: '16-nodes-metrics',
    exchanges: [0, 1, 2, 5, 6, 7, 10, 11],
    reason:
      'the nodes are those of the sandbox, with labels, kernel and capacity of their own, and without leases',
  },
  { scenario: '16-nodes-metrics', exchanges: [19, 20, 21, 22], reason: OTHER_WORK },
  {
    scenario: '16-nodes-metrics',
    exchanges: [23],
    reason: 'the page token of this one resource has another form',
  },
  {
    scenario: '16-nodes-metrics',
    exchanges: [25, 26, 27, 28, 29, 30, 31, 32],
    reason: 'apiregistration.k8s.io is not served: no API is added to a sandbox, and so none can be dead',
  },
  { scenario: '17-eviction-pdb', exchanges: [0, 2, 10, 14, 16, 17], reason: TIMING },
  {
    scenario: '17-eviction-pdb',
    exchanges: [25, 27, 28, 35, 36, 37, 38, 39, 40],
    reason: 'the simulated shell does not run traps of the main process, so these pods end at once',
  },
];
