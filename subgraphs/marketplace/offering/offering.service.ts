import type { Caller } from '../../shared/caller.js';
import type { Permissions } from '../../shared/permissions.js';
import type { Catalogue } from './catalogue.js';
import type { Offering } from './offering.js';

/** An offering as everybody who is signed in may see it. */
export interface OfferingView {
  name: string;
  displayName: string;
  description: string;
  category: string;
  iconUrl: string | null;
  versions: string[];
  plans: {
    name: string;
    description: string;
    replicas: number;
    cpu: string;
    memory: string;
    storage: string;
  }[];
  parameters: unknown;
  variables: string[];
  available: boolean;
}

export class OfferingService {
  constructor(
    private readonly catalogue: Catalogue,
    private readonly permissions: Permissions,
  ) {}

  async list(
    caller: Caller,
    filter: { category?: string | null; search?: string | null },
  ): Promise<OfferingView[]> {
    await this.permissions.of(caller);
    const words = filter.search?.trim().toLowerCase() ?? '';
    return this.catalogue
      .list()
      .map(viewOf)
      .filter(({ category }) => filter.category == null || category === filter.category)
      .filter(({ name, displayName, description }) =>
        `${name}\n${displayName}\n${description}`.toLowerCase().includes(words),
      );
  }

  async find(caller: Caller, name: string): Promise<OfferingView | undefined> {
    await this.permissions.of(caller);
    const offering = this.catalogue.find(name);
    return offering && viewOf(offering);
  }

  /** The offering of an instance; what the catalogue has dropped since is still named. */
  ofInstance(instance: {
    offering: string;
    version: string;
    plan: OfferingView['plans'][number];
    variables: readonly { name: string }[];
  }): OfferingView {
    const offering = this.catalogue.find(instance.offering);
    if (offering) return viewOf(offering);
    return {
      name: instance.offering,
      displayName: instance.offering,
      description: 'No longer in the catalogue.',
      category: 'RETIRED',
      iconUrl: null,
      versions: [instance.version],
      plans: [instance.plan],
      parameters: { type: 'object', additionalProperties: false },
      variables: instance.variables.map(({ name }) => name),
      available: false,
    };
  }
}

const viewOf = ({ definition }: Offering): OfferingView => ({
  name: definition.name,
  displayName: definition.displayName,
  description: definition.description,
  category: definition.category,
  iconUrl: definition.iconUrl ?? null,
  versions: definition.versions.map(({ name }) => name),
  plans: definition.plans,
  parameters: definition.parameters,
  variables: Object.keys(definition.variables),
  available: true,
});
