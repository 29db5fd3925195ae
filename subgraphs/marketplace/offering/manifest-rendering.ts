import { createHash } from 'node:crypto';
import { parseQuantity, quantityToNumber } from '../../shared/kubernetes/quantity.js';
import type { Secret, StatefulSet } from '../../shared/kubernetes/resources.js';
import type { KubernetesObject } from '../../shared/kubernetes/wire.js';
import { fillTemplate, TemplateError, type TemplateValue, type TemplateValues } from './manifest-template.js';
import type { ManifestTemplate, Offering } from './offering.js';
import type { PlanDefinition, VersionDefinition } from './offering-definition.js';
import type { ParameterValues } from './parameter-validation.js';

/** The instance that an offering's templates are filled in for. */
export interface ManifestSubject {
  readonly id: string;
  readonly name: string;
  readonly namespace: string;
  readonly credentialsSecret: string;
  readonly plan: PlanDefinition;
  readonly version: VersionDefinition;
  readonly parameters: ParameterValues;
  /** Null for the cluster's default class. */
  readonly storageClass: string | null;
  /** Size in the volume claim template, which can't change once the StatefulSet is there. */
  readonly claimSize: string;
}

export const managedByLabel = 'app.kubernetes.io/managed-by';
export const instanceLabel = 'meridian.dev/instance';
/** Selects all that Meridian made: informers watch no more than that. */
export const managedSelector = `${managedByLabel}=meridian`;

/** Pods of an instance have these, and only they do. */
export const podLabelsOf = (instanceId: string): Record<string, string> => ({ [instanceLabel]: instanceId });

/** Labels of every object of an instance. They can't change while it lives: claim templates carry them. */
export const labelsOf = (
  offering: string,
  instance: { id: string; name: string },
): Record<string, string> => ({
  [managedByLabel]: 'meridian',
  'app.kubernetes.io/name': offering,
  'app.kubernetes.io/instance': instance.name,
  ...podLabelsOf(instance.id),
});

export const hostOf = ({ name, namespace }: { name: string; namespace: string }): string =>
  `${name}.${namespace}.svc.cluster.local`;

/** The Secret with the generated credentials; its values are base64 as Kubernetes stores them. */
export function renderSecret(
  offering: Offering,
  subject: ManifestSubject,
  credentials: Readonly<Record<string, string>>,
): Secret {
  const values = { ...valuesFor(offering, subject), credentials };
  const [template] = offering.templates.filter(isSecretTemplate);
  if (!template) throw new Error(`${offering.definition.name} has no Secret template`);
  const { stringData, ...secret } = fillObject(offering, subject, template, values) as Secret;
  const data = Object.entries(stringData ?? {}).map(([key, value]) => [
    key,
    Buffer.from(String(value)).toString('base64'),
  ]);
  return { ...secret, data: Object.fromEntries(data) as Record<string, string> };
}

/** Everything but the Secret, in the order in which it is applied: what the pods mount comes before them. */
export function renderWorkload(offering: Offering, subject: ManifestSubject): KubernetesObject[] {
  const values = valuesFor(offering, subject);
  const objects = offering.templates
    .filter((template) => !isSecretTemplate(template))
    .map((template) => fillObject(offering, subject, template, values));
  const configuration = objects.filter(({ kind }) => kind === 'ConfigMap');
  return [...configuration, ...objects.filter(({ kind }) => kind !== 'ConfigMap')]
    .sort((a, b) => Number(a.kind === 'StatefulSet') - Number(b.kind === 'StatefulSet'))
    .map((object) =>
      object.kind === 'StatefulSet' ? restartedBy(configuration, object as StatefulSet) : object,
    );
}

export const isSecretTemplate = ({ template }: ManifestTemplate): boolean =>
  (template as KubernetesObject).kind === 'Secret';

/** Pods read their files at start only: a changed ConfigMap has to change the pod template. */
function restartedBy(configuration: readonly KubernetesObject[], set: StatefulSet): StatefulSet {
  if (configuration.length === 0 || !set.spec) return set;
  const hash = createHash('sha256').update(JSON.stringify(configuration)).digest('hex').slice(0, 32);
  const { template } = set.spec;
  const annotations = { ...template.metadata?.annotations, 'meridian.dev/configuration': hash };
  return {
    ...set,
    spec: { ...set.spec, template: { ...template, metadata: { ...template.metadata, annotations } } },
  };
}

function fillObject(
  offering: Offering,
  subject: ManifestSubject,
  { file, template }: ManifestTemplate,
  values: TemplateValues,
): KubernetesObject {
  let object: KubernetesObject;
  try {
    object = fillTemplate(template, values) as KubernetesObject;
  } catch (error) {
    throw error instanceof TemplateError
      ? new TemplateError(`${file}: ${error.place}`, error.problem)
      : error;
  }
  return {
    ...object,
    metadata: {
      ...object.metadata,
      namespace: subject.namespace,
      labels: { ...object.metadata?.labels, ...labelsOf(offering.definition.name, subject) },
    },
  };
}

/** What templates may name. Credentials are added for the Secret's alone. */
function valuesFor({ definition }: Offering, subject: ManifestSubject): TemplateValues {
  const { plan, version } = subject;
  const megabytes = quantityToNumber(parseQuantity(plan.memory, [])) / 2 ** 20;
  return {
    instance: {
      id: subject.id,
      name: subject.name,
      namespace: subject.namespace,
      host: hostOf(subject),
      port: definition.port,
      credentialsSecret: subject.credentialsSecret,
      labels: labelsOf(definition.name, subject),
      podLabels: podLabelsOf(subject.id),
    },
    version: { name: version.name, image: version.image },
    plan: {
      name: plan.name,
      replicas: plan.replicas,
      cpu: plan.cpu,
      memory: plan.memory,
      memoryMegabytes25: Math.floor(megabytes * 0.25),
      memoryMegabytes50: Math.floor(megabytes * 0.5),
      memoryMegabytes75: Math.floor(megabytes * 0.75),
    },
    storage: { className: subject.storageClass, templateSize: subject.claimSize },
    parameters: subject.parameters as Record<string, TemplateValue>,
  };
}
