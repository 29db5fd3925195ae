import type { OfferingDefinition, PlanDefinition, VersionDefinition } from './offering-definition.js';
import type { ParameterSchema } from './parameter-validation.js';

/** A parsed file of an offering's manifests folder, to be filled in by fillTemplate. */
export interface ManifestTemplate {
  /** Relative to the catalogue, such as redis/manifests/service.yaml. */
  readonly file: string;
  readonly template: unknown;
}

/** One offering of the catalogue, as loaded. */
export interface Offering {
  readonly definition: OfferingDefinition;
  readonly parameters: ParameterSchema;
  readonly templates: readonly ManifestTemplate[];
}

export const findPlan = ({ definition }: Offering, name: string): PlanDefinition | undefined =>
  definition.plans.find((plan) => plan.name === name);

export const findVersion = ({ definition }: Offering, name: string): VersionDefinition | undefined =>
  definition.versions.find((version) => version.name === name);
