/**
 * Recorded exchanges in which the sandbox differs on purpose, or because of what is not simulated. The replay fails
 * when one of these comes to agree, so that the list stays true. Besides these, identifiers, versions, times,
 * addresses, hashes, generated suffixes, ages, descriptions of table columns and the status of in-place resize are
 * not compared anywhere (replay/normalise.ts, replay/strip.ts), and of discovery only the kinds that are served. Seven
 * lists of Events are compared but for how often each was told (`uncounted` in replay/scenarios.ts).
 */
export interface LeftOut {
  readonly scenario: string;
  /** By their position in the recording. */
  readonly exchanges: readonly number[];
  readonly reason: string;
}

const OTHER_WORK =
  'what is written here comes from the scheduler and kubelet of the recorded node, which had other timing';

export const leftOut: readonly LeftOut[] = [
  { scenario: '02-crud-errors', exchanges: [88], reason: 'the recorder put a note in the place of the body' },
  {
    scenario: '02-crud-errors',
    exchanges: [119, 125],
    reason: 'the recorder asked before the controller had seen the deletion; here it has seen it at once',
  },
  {
    scenario: '02-crud-errors',
    exchanges: [120],
    reason: 'the recorded Deployment was gone before its controller had counted the first pod',
  },
  {
    scenario: '06-deployment-rolling-update',
    exchanges: [1],
    reason:
      'the pods of one step became ready one after the other there and together here: counts turn elsewhere; conditions agree, see rolling-update.test.ts',
  },
  {
    scenario: '06-deployment-rolling-update',
    exchanges: [14],
    reason: 'one recorded pod had ended before a row showed that it was being deleted',
  },
  {
    scenario: '06-deployment-rolling-update',
    exchanges: [31],
    reason: 'the recorder asked before the controller had seen the rollback',
  },
  {
    scenario: '06-deployment-rolling-update',
    exchanges: [38, 39],
    reason: 'count the steps of rollouts, of which there were more, because pods became ready one by one',
  },
  {
    scenario: '07-deployment-failures',
    exchanges: [0, 1, 31, 33, 34, 46, 53, 55, 56],
    reason:
      'the recorded kubelet looked again after 1 to 14 seconds: how many retries there were by then, and in which state between two of them the recorder found the pod',
  },
  { scenario: '08-quota-limits', exchanges: [16, 19], reason: OTHER_WORK },
  {
    scenario: '09-logs',
    exchanges: [36, 38, 51],
    reason:
      'what the recorded kubelet was doing in that moment: removing a container, retrying a pull, ending a pod',
  },
  {
    scenario: '10-exec',
    exchanges: [49],
    reason: 'requests are replayed one after the other; see exec.test.ts',
  },
  {
    scenario: '11-statefulset-pvc',
    exchanges: [3],
    reason:
      'when the recorded scheduler and claim controller looked at the claim before it was bound, and so what they told of it',
  },
  {
    scenario: '14-namespace-lifecycle',
    exchanges: [0],
    reason:
      'once, the recorded controller found the namespace empty before its deletion of the content failed',
  },
  {
    scenario: '16-nodes-metrics',
    exchanges: [19, 20, 21, 22],
    reason:
      'the recorded scheduler tried once more between the end of the cordon and the end of its taint; ours waits for both',
  },
  {
    scenario: '17-eviction-pdb',
    exchanges: [0, 2, 13, 17],
    reason: 'whether the budget was looked at before or after the eviction and its replacement were seen',
  },
  {
    scenario: '17-eviction-pdb',
    exchanges: [40],
    reason: 'the pod was made a moment before, and the recorded scheduler had given it a node by then',
  },
];
