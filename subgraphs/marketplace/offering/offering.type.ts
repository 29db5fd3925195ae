import { Field, InputType, Int, ObjectType } from 'type-graphql';
import { Permission } from '../../shared/federated-schema.js';
import { JsonScalar, QuantityScalar } from '../../shared/scalars.js';

@ObjectType({ description: 'A size in which an offering can be had.' })
@Permission('signed-in')
export class Plan {
  @Field({ description: 'Unique within the offering, such as small.' })
  name: string;

  @Field({ description: 'What it is for.' })
  description: string;

  @Field(() => Int, { description: 'Number of pods.' })
  replicas: number;

  @Field(() => QuantityScalar, { description: 'CPU of each pod, in cores: 250m is a quarter of one.' })
  cpu: string;

  @Field(() => QuantityScalar, { description: 'Memory of each pod, in bytes: 1Gi is 2^30.' })
  memory: string;

  @Field(() => QuantityScalar, { description: 'Volume of each pod, in bytes: 1Gi is 2^30.' })
  storage: string;
}

@ObjectType({ description: 'Something that the marketplace provides, such as Redis.' })
@Permission('signed-in')
export class Offering {
  @Field({ description: 'Unique name, such as redis.' })
  name: string;

  @Field({ description: 'The name for people, such as Redis.' })
  displayName: string;

  @Field({ description: 'What it is.' })
  description: string;

  @Field({ description: 'A word in capitals to group offerings by, such as DATABASE.' })
  category: string;

  @Field(() => String, { nullable: true, description: 'An http or https address of a picture.' })
  iconUrl: string | null;

  @Field(() => [String], {
    description: 'Versions to choose from, the newest first; the first is the default.',
  })
  versions: string[];

  @Field(() => [Plan], { description: 'Plans to choose from; the first is the default.' })
  plans: Plan[];

  @Field(() => JsonScalar, {
    description: 'JSON Schema (draft 2020-12) of the parameters of createInstance.',
  })
  parameters: unknown;

  @Field(() => [String], {
    description:
      'Names of the environment variables that a binding injects, before its prefix, such as HOST.',
  })
  variables: string[];

  @Field({
    description: 'False when it is no longer in the catalogue: instances stay, new ones can not be made.',
  })
  available: boolean;
}

@InputType({ description: 'Which offerings; all conditions hold.' })
export class OfferingFilter {
  @Field(() => String, { nullable: true, description: 'Exactly this category, such as DATABASE.' })
  category?: string | null;

  @Field(() => String, { nullable: true, description: 'Part of the name, display name or description.' })
  search?: string | null;
}
