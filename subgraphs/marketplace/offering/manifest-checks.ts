import type { Secret, StatefulSet } from '../../shared/kubernetes/resources.js';
import type { KubernetesObject } from '../../shared/kubernetes/wire.js';
import {
  instanceLabel,
  type ManifestSubject,
  podLabelsOf,
  renderSecret,
  renderWorkload,
} from './manifest-rendering.js';
import type { Offering } from './offering.js';

const kinds = { StatefulSet: 'apps/v1', Service: 'v1', Secret: 'v1', ConfigMap: 'v1' } as const;

/**
 * Fills in an offering's templates for a made-up instance, so that what would fail at the first createInstance stops
 * the start. Each problem begins with the file, relative to the catalogue.
 */
export function manifestProblems(offering: Offering): string[] {
  const { definition, templates } = offering;
  const folder = `${definition.name}/manifests`;
  const problems = templates.flatMap(({ file, template }) => shapeProblems(file, template));
  for (const kind of ['StatefulSet', 'Secret'] as const) {
    const count = templates.filter(
      ({ template }) => (template as KubernetesObject | null)?.kind === kind,
    ).length;
    if (count !== 1)
      problems.push(`${folder}: has ${count} manifests of kind ${kind}; exactly one is needed`);
  }
  if (problems.length > 0) return problems;

  let objects: KubernetesObject[];
  try {
    const credentials = Object.fromEntries(definition.credentials.map((name) => [name, 'probe']));
    objects = [
      renderSecret(offering, probe(offering), credentials),
      ...renderWorkload(offering, probe(offering)),
    ];
  } catch (error) {
    return [(error as Error).message];
  }
  return [...nameProblems(folder, objects), ...contractProblems(folder, offering, objects)];
}

function shapeProblems(file: string, template: unknown): string[] {
  if (typeof template !== 'object' || template === null || Array.isArray(template))
    return [`${file}: is no object`];
  const { apiVersion, kind, metadata } = template as KubernetesObject;
  const expected = Object.entries(kinds).find(([name]) => name === kind)?.[1];
  if (!expected) return [`${file}: kind: ${String(kind)} is not one of ${Object.keys(kinds).join(', ')}`];
  if (apiVersion !== expected) return [`${file}: apiVersion: must be ${expected} for a ${kind}`];
  if (typeof metadata?.name !== 'string') return [`${file}: metadata.name: is missing`];
  if (metadata.namespace !== undefined)
    return [`${file}: metadata.namespace: leave it out; it is the environment's`];
  return [];
}

function nameProblems(folder: string, objects: readonly KubernetesObject[]): string[] {
  const seen = new Set<string>();
  return objects.flatMap(({ kind, metadata }) => {
    const name = metadata?.name ?? '';
    const key = `${kind} ${name}`;
    const problems = seen.has(key)
      ? [`${folder}: two manifests of kind ${kind} have the same metadata.name`]
      : [];
    seen.add(key);
    if (!/^probe(-|$)/.test(name)) {
      problems.push(`${folder}: metadata.name of the ${kind} must begin with \${instance.name}`);
    }
    return problems;
  });
}

/** What the rest of the marketplace relies on. */
function contractProblems(
  folder: string,
  { definition }: Offering,
  objects: readonly KubernetesObject[],
): string[] {
  const problems: string[] = [];
  const find = (kind: string, name: string): KubernetesObject | undefined =>
    objects.find((object) => object.kind === kind && object.metadata?.name === name);
  const secret = find('Secret', probeSecret) as Secret | undefined;
  if (!secret) problems.push(`${folder}: metadata.name of the Secret must be \${instance.credentialsSecret}`);
  for (const [variable, key] of Object.entries(definition.variables)) {
    if (secret && !Object.hasOwn(secret.data ?? {}, key)) {
      problems.push(`${definition.name}/offering.yaml: variables.${variable}: the Secret has no key ${key}`);
    }
  }
  if (!find('Service', 'probe'))
    problems.push(`${folder}: there is no Service called \${instance.name}: it is the host`);
  const set = find('StatefulSet', 'probe') as StatefulSet | undefined;
  if (!set) return [...problems, `${folder}: metadata.name of the StatefulSet must be \${instance.name}`];
  const expected = JSON.stringify(podLabelsOf(probeId));
  if (JSON.stringify(set.spec?.selector?.matchLabels) !== expected) {
    problems.push(`${folder}: spec.selector.matchLabels of the StatefulSet must be \${instance.podLabels}`);
  }
  if (set.spec?.replicas === undefined)
    problems.push(`${folder}: spec.replicas of the StatefulSet is missing`);
  const claims = set.spec?.volumeClaimTemplates ?? [];
  if (!claims.every((claim) => claim.metadata?.labels?.[instanceLabel] === probeId)) {
    problems.push(
      `${folder}: volumeClaimTemplates of the StatefulSet must have metadata.labels \${instance.labels}`,
    );
  }
  return problems;
}

const probeId = 'instance_probe';
const probeSecret = 'probe-credentials';

function probe({ definition, parameters }: Offering): ManifestSubject {
  const [plan] = definition.plans;
  const [version] = definition.versions;
  if (!plan || !version) throw new Error(`${definition.name} has no plan or no version`);
  const properties = (parameters.schema['properties'] ?? {}) as Record<
    string,
    { type: string; default?: unknown }
  >;
  const values = Object.entries(properties).map(([name, { type, default: fallback }]) => [
    name,
    fallback ?? (type === 'string' ? 'probe' : type === 'boolean' ? true : 1),
  ]);
  return {
    id: probeId,
    name: 'probe',
    namespace: 'probe',
    credentialsSecret: probeSecret,
    plan,
    version,
    parameters: Object.fromEntries(values) as Record<string, string>,
    storageClass: null,
    claimSize: plan.storage,
  };
}
