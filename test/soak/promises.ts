import type { Sandbox } from '../../sandbox/sandbox.js';
import type { GraphqlClient } from '../kit/graphql-client.js';
import type { Sent, SoakedService } from './soaked-service.js';

type Data = any;

/** What is checked of a service, and what was found broken. */
export interface Finding {
  readonly service: string;
  readonly problem: string;
}

const ends: Record<string, RegExp> = {
  SUCCEEDED: /^Succeeded: /,
  SUPERSEDED: /^Superseded by deployment #\d+/,
  ABORTED: /^Aborted; /,
};
const anyEnd = /^(Succeeded: |Superseded by |Aborted; |Nothing got on for )/;
/** Kubernetes keeps what is younger for pods that still start; see WorkloadApplier.prune. */
const templateSuffix = (id: string): string => id.slice(-12);

export async function readRecords(client: GraphqlClient, serviceId: string): Promise<Data[]> {
  const records: Data[] = [];
  for (let after: string | null = null; ; ) {
    const { service } = await client.query(
      `query ($id: ID!, $after: String) { service(id: $id) { deployments(first: 20, after: $after) {
        pageInfo { hasNextPage endCursor }
        nodes { id number kind image reason createdAt finishedAt source { id }
          spec { replicas strategy { type } autoscaling { minReplicas maxReplicas } }
          rollout { phase desired available blockers { kind message } canary { step } }
          log(first: 100) { nodes { level message } } } } } }`,
      { id: serviceId, after },
    );
    records.push(...service.deployments.nodes);
    if (!service.deployments.pageInfo.hasNextPage) return records.reverse();
    after = service.deployments.pageInfo.endCursor;
  }
}

/** Targets: the service, for its deployments; a deployment, for what controls its rollout. */
async function auditReasons(client: GraphqlClient, filter: object): Promise<string[]> {
  const reasons: string[] = [];
  for (let after: string | null = null; ; ) {
    const { auditEvents }: Data = await client.query(
      `query ($filter: AuditEventFilter, $after: String) { auditEvents(filter: $filter, first: 100, after: $after) {
        pageInfo { hasNextPage endCursor } nodes { action reason result } } }`,
      { filter: { result: 'DONE', ...filter }, after },
    );
    reasons.push(...auditEvents.nodes.map(({ reason }: Data) => reason));
    if (!auditEvents.pageInfo.hasNextPage) return reasons;
    after = auditEvents.pageInfo.endCursor;
  }
}

const starting = new Set(['deploy', 'rollback', 'scale', 'restart']);

/** Every answer against records and audit log, every record in itself, and the cluster against the last one. */
export async function brokenPromises(
  client: GraphqlClient,
  sandbox: Sandbox,
  service: SoakedService,
  sent: readonly Sent[],
): Promise<{ findings: Finding[]; records: Data[] }> {
  const records = await readRecords(client, service.id);
  const problems: string[] = [];
  const tell = (problem: string): void => void problems.push(problem);

  const audited = [
    ...(await auditReasons(client, { targetId: service.id })),
    ...(await Promise.all(records.map(({ id }) => auditReasons(client, { targetId: id })))).flat(),
  ];
  for (const one of sent) checkAnswer(one, records, audited, tell);
  records.forEach(({ number }, index) => {
    if (number !== index + 1) tell(`record ${index + 1} has number ${number}`);
  });
  for (const record of records) checkRecord(record, tell);
  checkCluster(sandbox, service, records, tell);
  return { findings: problems.map((problem) => ({ service: service.name, problem })), records };
}

function checkAnswer(
  sent: Sent,
  records: readonly Data[],
  audited: readonly string[],
  tell: (problem: string) => void,
): void {
  const { mutation, reason, outcome } = sent;
  const what = `${mutation} (${reason}, ${outcome})`;
  const made = records.filter((record) => record.reason === reason);
  const rows = audited.filter((one) => one === reason).length;
  if (made.length > 1) tell(`${what} was done ${made.length} times`);
  if (rows > 1) tell(`${what} is in the audit log ${rows} times`);
  if (made.length > rows) tell(`${what} has a record and no audit row`);
  if (starting.has(mutation)) {
    if (rows > made.length) tell(`${what} has an audit row and no record`);
    if (outcome === 'DONE' && made.length !== 1)
      tell(`${what} was acknowledged and has ${made.length} records`);
    if (outcome === 'DONE' && made[0]?.id !== sent.deploymentId) tell(`${what} was acknowledged as another`);
  } else if (outcome === 'DONE' && rows !== 1) tell(`${what} was acknowledged and is not in the audit log`);
  if (outcome === 'REFUSED' && made.length + rows > 0) tell(`${what} was refused (${sent.code}) and is done`);
}

function checkRecord(record: Data, tell: (problem: string) => void): void {
  const { number, rollout, finishedAt, log } = record;
  const what = `#${number} (${record.kind}, ${rollout.phase})`;
  if (finishedAt === null) {
    tell(`${what} has no end`);
    return;
  }
  const lines: string[] = log.nodes.map(({ message }: Data) => message);
  const found = lines.filter((line) => anyEnd.test(line));
  const wanted = ends[rollout.phase];
  if (wanted && (found.length !== 1 || !wanted.test(found[0] ?? ''))) {
    tell(`${what} has these ends: ${JSON.stringify(found)}`);
  }
  if (rollout.phase === 'FAILED') {
    if (rollout.blockers.length === 0) tell(`${what} does not say why`);
    if (found.length > 1) tell(`${what} ended ${found.length} times`);
  }
  const repeated = lines.filter((line, index) => /^Deployment #/.test(line) && lines.indexOf(line) !== index);
  if (repeated.length > 0) tell(`${what} repeats ${JSON.stringify(repeated)}`);
}

function checkCluster(
  sandbox: Sandbox,
  service: SoakedService,
  records: readonly Data[],
  tell: (problem: string) => void,
): void {
  const { namespace, name } = service;
  const list = (kind: Parameters<Sandbox['api']['list']>[0]): Data[] => sandbox.api.list(kind, { namespace });
  // A deployment that the cluster refused was never the current one, unless it was refused while it was applied.
  const current = records.findLast(
    ({ rollout }) =>
      !(rollout.phase === 'FAILED' && rollout.blockers.every(({ kind }: Data) => kind === 'REJECTED')),
  );
  if (!current) return;
  const { phase } = current.rollout;
  const what = `#${current.number} (${current.kind}, ${phase})`;
  const workloads = list('deployments');
  const main = workloads.find(({ metadata }) => metadata.name === name);
  const canaries = workloads.filter(({ metadata }) => metadata.name !== name);
  if (phase === 'ABORTED') {
    if (workloads.length > 0) tell(`${what} is given up, and something runs`);
    return;
  }
  if (!main) {
    tell(`${what} has no workload`);
    return;
  }
  const owner = main.metadata.annotations['meridian.dev/deployment'];
  if (owner !== current.id) {
    const by = records.find(({ id }) => id === owner)?.number;
    tell(`${what} is the last, and the workload was written by #${by}`);
  }
  const isFailedCanary = phase === 'FAILED' && current.rollout.canary !== null;
  if (canaries.length > (isFailedCanary ? 1 : 0)) tell(`${what} has left a canary behind`);
  checkScaler(list('horizontalpodautoscalers'), current, isFailedCanary, (problem) =>
    tell(`${what} ${problem}`),
  );
  if (phase === 'SUCCEEDED')
    checkRunning(main, list('pods'), current, (problem) => tell(`${what} ${problem}`));
  const known = new Set(records.map(({ id }) => `${name}-files-${templateSuffix(id)}`));
  for (const { metadata } of list('configmaps')) {
    if (metadata.name !== 'kube-root-ca.crt' && !known.has(metadata.name))
      tell(`there is an orphan ${metadata.name}`);
  }
}

function checkScaler(
  scalers: readonly Data[],
  current: Data,
  isFailedCanary: boolean,
  tell: (problem: string) => void,
): void {
  const wanted = current.spec.autoscaling !== null;
  // In its steps a canary has fixed numbers of pods.
  if (wanted && scalers.length !== 1 && !isFailedCanary) tell('has no autoscaler');
  if (!wanted && scalers.length > 0) tell('has an autoscaler that it does not want');
}

function checkRunning(
  main: Data,
  pods: readonly Data[],
  current: Data,
  tell: (problem: string) => void,
): void {
  const { replicas, autoscaling } = current.spec;
  const { image } = main.spec.template.spec.containers[0];
  if (image !== current.image) tell(`runs ${image} instead of ${current.image}`);
  const inRange = autoscaling
    ? main.spec.replicas >= autoscaling.minReplicas && main.spec.replicas <= autoscaling.maxReplicas
    : main.spec.replicas === replicas;
  if (!inRange) tell(`has ${main.spec.replicas} replicas`);
  if (main.spec.paused) tell('is paused in the cluster');
  const template = main.spec.template.metadata.labels['meridian.dev/deployment'];
  const alive = pods.filter(({ metadata }) => !metadata.deletionTimestamp);
  const old = alive.filter(({ metadata }) => metadata.labels['meridian.dev/deployment'] !== template);
  if (old.length > 0) tell(`has ${old.length} old pods`);
  if (alive.length - old.length !== main.spec.replicas)
    tell(`has ${alive.length - old.length} of ${main.spec.replicas} pods`);
}
