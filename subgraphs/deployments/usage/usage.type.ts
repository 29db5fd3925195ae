import { Field, Float, ObjectType } from 'type-graphql';
import { Permission } from '../../shared/federated-schema.js';
import { DateTimeScalar } from '../../shared/scalars.js';

@ObjectType({ description: 'CPU and memory at one time.' })
@Permission('services.read')
export class UsageSample {
  @Field(() => DateTimeScalar, { description: 'When it was measured.' })
  at: Date;

  @Field(() => Float, { description: 'Cores.' })
  cpuCores: number;

  @Field(() => Float, { description: 'Bytes.' })
  memoryBytes: number;
}

@ObjectType({ description: 'Latest sample and a short history, oldest first.' })
@Permission('services.read')
export class Usage {
  @Field(() => DateTimeScalar, { description: 'When the latest was measured.' })
  at: Date;

  @Field(() => Float, { description: 'Cores.' })
  cpuCores: number;

  @Field(() => Float, { description: 'Bytes.' })
  memoryBytes: number;

  @Field(() => [UsageSample], {
    description: 'What was asked for before, while Meridian runs: up to 60 samples.',
  })
  history: UsageSample[];
}
