import type { Caller } from '../../shared/caller.js';
import { BadUserInputError } from '../../shared/errors.js';
import { quoted } from '../../shared/kubernetes/names.js';
import type { SecretValues } from '../service/secret-values.js';
import type { ServiceEntity } from '../service/service.entity.js';
import type { ConfigFileSpec, ServiceSpec } from '../service/service-spec.js';
import { type SecretValue, secretNameOf } from '../service/spec-merge.js';

/**
 * What an environment decides for itself stays: how many pods and how large, variables, volumes, host names, and what
 * is a matter of its cluster.
 */
export function promotedSpec(source: ServiceSpec, target: ServiceSpec): ServiceSpec {
  return {
    ...source,
    replicas: target.replicas,
    environmentVariables: target.environmentVariables,
    requests: target.requests,
    limits: target.limits,
    volumes: target.volumes,
    autoscaling: target.autoscaling,
    imagePullSecret: target.imagePullSecret,
    nodeSelector: target.nodeSelector,
    tolerations: target.tolerations,
    ports: source.ports.map((port) => {
      const own = target.ports.find(({ name }) => name === port.name);
      return { ...port, domain: own?.domain ?? null, tlsSecret: own?.tlsSecret ?? null };
    }),
  };
}

interface PromotionOf {
  readonly origin: ServiceEntity;
  readonly source: ServiceSpec;
  readonly target: ServiceEntity;
  /** New for each promotion: names the keys of what is copied. */
  readonly marker: string;
}

/** Takes a version from one environment to another. */
export class Promotion {
  constructor(private readonly secretValues: Pick<SecretValues, 'read'>) {}

  /**
   * Files in Secrets are part of the version, and a Secret can be read in its own namespace only: their contents go
   * along, under keys of their own. They pass through memory and are written nowhere else.
   */
  async prepare(
    person: Caller,
    { origin, source, target, marker }: PromotionOf,
  ): Promise<{ spec: (current: ServiceSpec) => ServiceSpec; secrets: SecretValue[] }> {
    const ownSecret = secretNameOf(origin.name);
    const keys = source.files.flatMap(({ secretRef, secretKey }) =>
      secretRef === ownSecret && secretKey !== null ? [secretKey] : [],
    );
    const values = await this.secretValues.read(person, origin, keys);
    const secrets: SecretValue[] = [];
    const files = source.files.map((file, index): ConfigFileSpec => {
      if (file.secretRef !== ownSecret || file.secretKey === null) return file;
      const found = values.find(({ key }) => key === file.secretKey);
      if (!found) {
        throw BadUserInputError.at(
          ['input', 'deploymentId'],
          `The content of the secret file ${quoted(file.name)} is no longer in the cluster, so it can't be promoted: deploy it again with its content.`,
        );
      }
      const key = `file-${index}.${marker}`;
      secrets.push({ key, value: found.value });
      return { ...file, secretRef: secretNameOf(target.name), secretKey: key };
    });
    return { spec: (current) => ({ ...promotedSpec(source, current), files }), secrets };
  }
}
