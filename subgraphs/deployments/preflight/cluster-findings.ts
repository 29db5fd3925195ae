import type { Pod } from '../../shared/kubernetes/resources.js';
import type { KubernetesObject } from '../../shared/kubernetes/wire.js';
import { impossiblePod, type QuotaFitValue, quotaFit } from '../deployment/quota-fit.js';
import { kindAndName } from '../drift/drift.js';
import type { ServiceSpec } from '../service/service-spec.js';
import { imageWarnings } from './image-warnings.js';
import { amountsOf, limitRangeProblems } from './limit-ranges.js';
import { claimsOf, type PreflightFacts } from './preflight.client.js';
import { objectUsage, podUsage, type QuotaUsage, sumOf, usageOfPods } from './quota-usage.js';
import { type Moment, momentsOf, type Replacement, unavailableOf } from './rollout-moments.js';
import { type SecretNeed, secretProblems } from './secret-checks.js';
import type { SpecProblem } from './spec-problem.js';
import { volumeProblems, volumeWarnings } from './volume-checks.js';

interface Subject {
  readonly service: { readonly name: string };
  readonly spec: ServiceSpec;
  readonly objects: readonly KubernetesObject[];
  readonly needs: readonly SecretNeed[];
  readonly facts: PreflightFacts;
  /** Those of the service that are there. */
  readonly pods: readonly Pod[];
  readonly replacement: Replacement;
  readonly coming: { readonly secret: string; readonly keys: ReadonlySet<string> };
}

export interface Findings {
  /** No pod could ever start. */
  readonly problems: readonly SpecProblem[];
  /** What the quota lets never be made, or not be applied now. */
  readonly noRoom: string | undefined;
  /** The rollout starts and gets stuck, as long as nobody makes room. */
  readonly blockers: readonly string[];
  readonly warnings: readonly SpecProblem[];
  readonly quota: readonly QuotaFitValue[];
  readonly quotaAtMaximum: readonly QuotaFitValue[];
}

/** What the state of a cluster means for a deployment. A pure function. */
export function clusterFindings(subject: Subject): Findings {
  const { service, spec, needs, facts, pods, replacement, coming } = subject;
  const storage = { claims: claimsOf(facts), classes: facts.classes };
  const amounts = amountsOf(spec, facts.ranges ?? []);
  const pod = podUsage(amounts);
  const living = pods.filter(
    ({ metadata, status }) =>
      !metadata?.deletionTimestamp && !['Succeeded', 'Failed'].includes(status?.phase ?? ''),
  );
  const running = usageOfPods(living);
  const objects = newUsage(subject);
  const fitAt = (moments: readonly Moment[]): QuotaFitValue[] =>
    quotaFit(facts.quotas ?? [], { pod, running, moments, objects });

  const most = Math.max(spec.replicas, spec.autoscaling?.minReplicas ?? 0);
  const wanted = { ...spec, replicas: spec.autoscaling ? Math.max(most, 1) : spec.replicas };
  const quota = fitAt(momentsOf(wanted, living.length, replacement));
  const lasting = fitAt([{ fresh: wanted.replicas, old: 0 }]);
  const slow = canGoOnWithoutSurge(wanted, living.length, replacement)
    ? new Set(lasting.filter(({ fits }) => fits).map(({ resource }) => resource))
    : new Set<string>();
  const misfits = quota.filter(({ fits }) => !fits);
  const ofObjects = misfits.filter(({ resource }) => objects.has(resource));
  const ofPods = misfits.filter(({ resource }) => !objects.has(resource));
  const quotaAtMaximum = spec.autoscaling ? fitAt([{ fresh: spec.autoscaling.maxReplicas, old: 0 }]) : [];
  const runs = wanted.replicas > 0;
  return {
    problems: [
      ...secretProblems(needs, facts.secrets ?? new Map(), coming).filter(() => facts.secrets !== null),
      ...volumeProblems(service, spec, storage),
      ...(runs ? limitRangeProblems(amounts, facts.ranges ?? []) : []),
    ],
    noRoom:
      (runs ? impossiblePod(facts.quotas ?? [], pod) : undefined) ??
      (ofObjects[0] && roomText('The deployment needs', ofObjects[0], '')),
    blockers: ofPods
      .filter(({ resource }) => !slow.has(resource))
      .map((misfit) => roomText('The rollout needs', misfit, ' at its peak')),
    warnings: [
      ...imageWarnings(spec.image),
      ...volumeWarnings(service, spec, storage),
      ...ofPods
        .filter(({ resource }) => slow.has(resource))
        .map((misfit) =>
          general(
            `${roomText('The rollout needs', misfit, ' at its peak')} It goes on without the surge, with fewer pods meanwhile.`,
          ),
        ),
      ...quotaAtMaximum
        .filter(({ fits }) => !fits)
        .map((misfit) =>
          general(roomText('With all pods that the autoscaler may make, the service needs', misfit, '')),
        ),
      ...unread(facts),
    ],
    quota,
    quotaAtMaximum,
  };
}

const general = (message: string): SpecProblem => ({ path: [], message });

const roomText = (what: string, { resource, needed, limit, used }: QuotaFitValue, when: string): string =>
  `${what} ${needed} more ${resource}${when}, but ${used} of ${limit} is in use.`;

/** Old pods may go first, so each makes room for a new one. */
const canGoOnWithoutSurge = (spec: ServiceSpec, running: number, replacement: Replacement): boolean =>
  replacement === 'REPLACED' && spec.strategy.type === 'ROLLING' && running > 0 && unavailableOf(spec) > 0;

/** Of objects that are not there yet, and what claims and ports grow by. */
function newUsage({ objects, facts }: Subject): QuotaUsage {
  return sumOf(
    objects.map((object) => {
      const live = facts.live.get(kindAndName(object));
      const usage = objectUsage(object);
      if (!live) return usage;
      const before = objectUsage(live);
      return new Map(
        [...usage].flatMap(([name, amount]) => {
          const more = amount.nanos - (before.get(name)?.nanos ?? 0n);
          return more > 0n ? [[name, { ...amount, nanos: more }] as const] : [];
        }),
      );
    }),
  );
}

function unread({ quotas, ranges, secrets, classes }: PreflightFacts): SpecProblem[] {
  const names = [
    ...(quotas ? [] : ['quotas']),
    ...(ranges ? [] : ['LimitRanges']),
    ...(secrets ? [] : ['Secrets']),
    ...(classes ? [] : ['storage classes']),
  ];
  return names.length === 0
    ? []
    : [general(`The cluster does not let ${names.join(', ')} be read, so they were not checked.`)];
}
