import { Field, Int, ObjectType } from 'type-graphql';
import { Permission } from '../../shared/federated-schema.js';
import type { Exposure, Protocol } from '../service/service-spec.js';
import { ExposureEnum, ProtocolEnum } from '../service/spec-parts.type.js';

@ObjectType({ description: 'How a port of a service can be reached.' })
@Permission('services.read')
export class Route {
  @Field(() => ExposureEnum, { description: 'From where.' })
  exposure: Exposure;

  @Field(() => Int, { description: 'The number that clients use.' })
  port: number;

  @Field(() => ProtocolEnum, { description: 'What is spoken.' })
  protocol: Protocol;

  @Field(() => Int, { description: 'The number that the container listens on.' })
  targetPort: number;

  @Field(() => String, { nullable: true, description: 'Public host name.' })
  domain: string | null;

  @Field(() => String, {
    nullable: true,
    description:
      'Address: public, or for INTERNAL ports inside the cluster. Null when the cluster gives none.',
  })
  url: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'Requests whose path begins with it, by whole segments; null without a public host name.',
  })
  path: string | null;

  @Field({ description: 'Is the public address encrypted?' })
  tls: boolean;

  @Field({ description: 'Does a pod behind it take requests?' })
  ready: boolean;

  @Field(() => String, { nullable: true, description: 'Why it is not ready, for a person.' })
  reason: string | null;
}
