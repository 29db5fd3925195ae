import { Field, Float, ObjectType, registerEnumType } from 'type-graphql';
import { Permission, Shareable } from './federated-schema.js';
import {
  type UsageUnavailableReason,
  usageUnavailableReasons,
} from './kubernetes/metrics/usage-unavailable.js';
import { DateTimeScalar } from './scalars.js';

/** What is used and what was used before, as several subgraphs show it. */

const UsageUnavailableReasonEnum = Object.fromEntries(
  Object.keys(usageUnavailableReasons).map((name) => [name, name]),
) as Record<UsageUnavailableReason, UsageUnavailableReason>;

registerEnumType(UsageUnavailableReasonEnum, {
  name: 'UsageUnavailableReason',
  description: 'Why it is not known how much is used.',
  valuesConfig: Object.fromEntries(
    Object.entries(usageUnavailableReasons).map(([name, description]) => [name, { description }]),
  ) as never,
});

@ObjectType({ description: 'Why it is not known how much is used. No fault: many clusters measure nothing.' })
@Shareable()
@Permission('signed-in')
export class UsageUnavailable {
  @Field(() => UsageUnavailableReasonEnum, { description: 'In one word.' })
  reason: UsageUnavailableReason;

  @Field({ description: 'The same for a person.' })
  message: string;
}

@ObjectType({ description: 'CPU and memory in use at one time.' })
@Shareable()
@Permission('signed-in')
export class UsageSample {
  @Field(() => DateTimeScalar, { description: "When it was measured, by the cluster's clock." })
  at: Date;

  @Field(() => Float, { description: 'Processor cores.' })
  cpuCores: number;

  @Field(() => Float, { description: 'Memory in bytes.' })
  memoryBytes: number;
}
