/**
 * Compares what watches saw where several components write at their own speed: how many writes there were on the way,
 * and which facts went into one of them, depends on who was faster. What does not depend on it is compared: for every
 * object and each of its facts (phase, one condition's status and reason, a container's state, the wanted replicas,
 * being deleted…) the values that it took, in order and without repetition; of counts only the turning points (0, 4, 0).
 * Objects with generated names are told apart by their histories alone, Events by what they say. When the recorder
 * left in the middle of things, the last value of a fact may be missing on either side.
 */
import { firstDifference, normalise } from './normalise.js';

interface WatchEvent {
  readonly type: string;
  readonly object: any;
}

type Facts = Readonly<Record<string, string | number>>;

export const compareStates = (
  expected: readonly WatchEvent[],
  actual: readonly WatchEvent[],
): string | undefined => {
  const wanted = historiesOf(expected);
  const given = historiesOf(actual);
  const differing = [...new Set([...Object.keys(wanted), ...Object.keys(given)])].filter(
    (subject) => !agree(wanted[subject] ?? [], given[subject] ?? []),
  );
  const [subject] = differing;
  return subject === undefined
    ? undefined
    : firstDifference(
        wanted[subject],
        given[subject],
        `history of ${subject} (of ${differing.length} that differ)`,
      );
};

const agree = (wanted: readonly string[], given: readonly string[]): boolean =>
  wanted.length === given.length &&
  wanted.every((history, index) => {
    const facts = history.split('; ');
    const others = (given[index] ?? '').split('; ');
    return facts.length === others.length && facts.every((fact, at) => isNear(fact, others[at] ?? ''));
  });

const isNear = (a: string, b: string): boolean => {
  const [longer, shorter] = a.length > b.length ? [a, b] : [b, a];
  return (
    longer === shorter ||
    (longer.startsWith(`${shorter} → `) && longer.slice(shorter.length + 3).split(' → ').length === 1)
  );
};

/** By kind and name; several objects that differ only in a generated suffix are a sorted list. */
function historiesOf(events: readonly WatchEvent[]): Record<string, string[]> {
  const objects = new Map<string, { subject: string; facts: Map<string, (string | number)[]> }>();
  for (const { type, object } of events) {
    const shown = object.kind === 'Table' ? object.rows[0] : object;
    const { metadata = {} } = shown.object ?? shown;
    const key = metadata.uid ?? metadata.name ?? shown.cells?.[0];
    const known = objects.get(key) ?? { subject: subjectOf(shown), facts: new Map() };
    objects.set(key, known);
    for (const [fact, value] of Object.entries({
      ...factsOf(shown),
      exists: type === 'DELETED' ? 'no' : 'yes',
    }))
      note(known.facts, fact, value);
  }
  const histories: Record<string, string[]> = {};
  for (const { subject, facts } of objects.values()) {
    const history = [...facts]
      .map(([fact, values]) => `${fact}: ${turningPoints(values).join(' → ')}`)
      .sort();
    histories[subject] = [...(histories[subject] ?? []), history.join('; ')].sort();
  }
  return histories;
}

function note(facts: Map<string, (string | number)[]>, fact: string, value: string | number): void {
  const values = facts.get(fact) ?? [];
  if (values.at(-1) !== value) values.push(value);
  facts.set(fact, values);
}

/** 0 → 1 → 2 → 4 → 3 becomes 0 → 4 → 3. Words stay as they are. */
function turningPoints(values: readonly (string | number)[]): readonly (string | number)[] {
  if (values.some((value) => typeof value === 'string')) return values;
  const numbers = values as readonly number[];
  return numbers.filter((value, index) => {
    const before = numbers[index - 1];
    const after = numbers[index + 1];
    return before === undefined || after === undefined || value > before !== after > value;
  });
}

const textOf = (value: unknown): string => String(normalise(value ?? '', 'name'));

function subjectOf(shown: any): string {
  if (shown.cells) return `row ${textOf(shown.cells[0])}`;
  const { kind, metadata, involvedObject } = shown;
  if (involvedObject)
    return `Event ${involvedObject.kind} ${textOf(involvedObject.name)} ${shown.type} ${shown.reason} ${textOf(shown.message)}`;
  return `${kind} ${textOf(metadata.generateName ?? metadata.name)}`;
}

function factsOf(shown: any): Facts {
  if (shown.cells)
    return Object.fromEntries(
      shown.cells.slice(1, 3).map((cell: any, index: number) => [`cell ${index + 1}`, textOf(cell)]),
    );
  const { kind, metadata, spec, status = {} } = shown;
  if (kind === 'Event') return {};
  if (kind === 'EndpointSlice') return endpointFacts(shown);
  const counts = Object.entries(status).filter(([, value]) => typeof value === 'number');
  return {
    ...(spec?.replicas === undefined ? {} : { 'wanted replicas': spec.replicas }),
    ...(status.phase === undefined ? {} : { phase: status.phase }),
    ...(metadata.deletionTimestamp ? { deleted: 'yes' } : {}),
    ...Object.fromEntries(counts.filter(([name]) => COUNTS.has(name)) as [string, number][]),
    ...Object.fromEntries(
      (status.conditions ?? []).map((condition: any) => [
        condition.type,
        `${condition.status} ${condition.reason ?? ''}`.trim(),
      ]),
    ),
    ...containerFacts(status),
  };
}

const COUNTS = new Set([
  'replicas',
  'readyReplicas',
  'availableReplicas',
  'updatedReplicas',
  'currentReplicas',
]);

const containerFacts = ({ containerStatuses = [], initContainerStatuses = [] }: any): Facts =>
  Object.fromEntries(
    [...initContainerStatuses, ...containerStatuses].map(({ name, state }: any) => [
      `container ${name}`,
      state.waiting?.reason ??
        (state.running ? 'running' : `${state.terminated?.reason} ${state.terminated?.exitCode}`),
    ]),
  );

const endpointFacts = ({ endpoints }: any): Facts => {
  const of = (name: string): number =>
    (endpoints ?? []).filter(({ conditions }: any) => conditions[name]).length;
  return { ready: of('ready'), serving: of('serving'), terminating: of('terminating') };
};
