import { Field, Float, ObjectType } from 'type-graphql';
import { Permission } from '../../shared/federated-schema.js';
import { DateTimeScalar } from '../../shared/scalars.js';
import { UsageSample } from '../../shared/usage.type.js';

@ObjectType({ description: 'Latest sample and a short history, oldest first.' })
@Permission('services.read')
export class Usage {
  @Field(() => DateTimeScalar, { description: "When the latest was measured, by the cluster's clock." })
  at: Date;

  @Field(() => Float, { description: 'Processor cores.' })
  cpuCores: number;

  @Field(() => Float, { description: 'Memory in bytes.' })
  memoryBytes: number;

  @Field(() => [UsageSample], {
    description:
      'Every 15 s, of up to 20 minutes, the latest included. Recorded while somebody asks for it and for 5 minutes after, so it is short at first.',
  })
  history: readonly UsageSample[];
}
