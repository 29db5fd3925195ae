import { Field, InputType, Int } from 'type-graphql';
import { QuantityScalar } from '../../shared/scalars.js';
import type { Exposure, Protocol, StrategyType } from './service-spec.js';
import { ExposureEnum, ProtocolEnum, StrategyTypeEnum } from './service-spec.type.js';

@InputType({ description: 'Reads as port > protocol > targetPort, such as 80 > HTTP > 8080.' })
export class PortInput {
  @Field(() => String, { nullable: true, description: 'Default: protocol and port, such as http-80.' })
  name?: string | null;

  @Field(() => ExposureEnum, { description: 'From where it can be reached.' })
  exposure: Exposure;

  @Field(() => Int, { description: 'The number that clients use, 1 to 65535.' })
  port: number;

  @Field(() => ProtocolEnum, { description: 'What is spoken.' })
  protocol: Protocol;

  @Field(() => Int, { description: 'The number that the container listens on, 1 to 65535.' })
  targetPort: number;

  @Field(() => String, {
    nullable: true,
    description:
      'Custom host name, for PUBLIC HTTP and HTTPS. Default: one below the ingress domain of the cluster.',
  })
  domain?: string | null;
}

@InputType({
  description: 'Give a value, or secret: true to have the value stored in a Secret and never shown again.',
})
export class EnvironmentVariableInput {
  @Field({ description: 'Letters, digits, "_", "-" and ".", no digit first.' })
  name: string;

  @Field(() => String, {
    nullable: true,
    description: 'The value. A secret variable without one keeps the value that it has.',
  })
  value?: string | null;

  @Field(() => Boolean, {
    nullable: true,
    description: 'Keep the value in a Kubernetes Secret. Default false.',
  })
  secret?: boolean | null;
}

@InputType({ description: 'A text file in the containers, read-only.' })
export class ConfigFileInput {
  @Field({ description: 'Absolute path.' })
  path: string;

  @Field({ description: 'Its text. All files together hold at most 512 KiB.' })
  content: string;
}

@InputType({ description: 'Storage in the containers.' })
export class VolumeInput {
  @Field({ description: 'RFC 1123 label, unique in the service.' })
  name: string;

  @Field({ description: 'Where to mount it.' })
  path: string;

  @Field(() => QuantityScalar, {
    nullable: true,
    description: 'How much it holds. Left out: an empty directory that ends with its pod.',
  })
  size?: string | null;

  @Field(() => String, { nullable: true, description: 'Storage class. Default: that of the cluster.' })
  storageClass?: string | null;
}

@InputType({ description: 'CPU and memory of one pod.' })
export class ResourceAmountsInput {
  @Field(() => QuantityScalar, { nullable: true, description: 'CPU in cores, such as 250m or 2.' })
  cpu?: string | null;

  @Field(() => QuantityScalar, { nullable: true, description: 'Memory in bytes, such as 128Mi.' })
  memory?: string | null;
}

@InputType({ description: 'Give a port (with httpPath: by HTTP) or a command.' })
export class ProbeInput {
  @Field(() => String, { nullable: true, description: 'Path to GET.' })
  httpPath?: string | null;

  @Field(() => Int, { nullable: true, description: 'Port of the container.' })
  port?: number | null;

  @Field(() => [String], { nullable: true, description: 'Command to run in the container.' })
  command?: string[] | null;

  @Field(() => Int, { nullable: true, description: 'Seconds before the first attempt. Default 0.' })
  initialDelaySeconds?: number | null;

  @Field(() => Int, { nullable: true, description: 'Seconds between attempts. Default 5.' })
  periodSeconds?: number | null;

  @Field(() => Int, { nullable: true, description: 'Seconds that an attempt may take. Default 2.' })
  timeoutSeconds?: number | null;

  @Field(() => Int, { nullable: true, description: 'Failures in a row that count. Default 3.' })
  failureThreshold?: number | null;
}

@InputType({ description: 'How pods are replaced.' })
export class StrategyInput {
  @Field(() => StrategyTypeEnum, { nullable: true, description: 'Default ROLLING.' })
  type?: StrategyType | null;

  @Field(() => String, { nullable: true, description: 'Number or percentage. Default 25%.' })
  maxSurge?: string | null;

  @Field(() => String, { nullable: true, description: 'Number or percentage. Default 25%.' })
  maxUnavailable?: string | null;
}

@InputType({
  description:
    'Everything but the image has a default. In deploy, what is left out stays as it is, lists are replaced whole, and null goes back to the default.',
})
export class ServiceSpecInput {
  @Field(() => String, { nullable: true, description: 'Container image.' })
  image?: string | null;

  @Field(() => Int, { nullable: true, description: 'How many pods, 0 to 1000. Default 1.' })
  replicas?: number | null;

  @Field(() => [String], { nullable: true, description: "Program to run. Default: the image's own." })
  command?: string[] | null;

  @Field(() => [String], { nullable: true, description: "Its arguments. Default: the image's own." })
  args?: string[] | null;

  @Field(() => [PortInput], { nullable: true, description: 'Ports. Default none.' })
  ports?: PortInput[] | null;

  @Field(() => [EnvironmentVariableInput], { nullable: true, description: 'Variables. Default none.' })
  environmentVariables?: EnvironmentVariableInput[] | null;

  @Field(() => [ConfigFileInput], { nullable: true, description: 'Files. Default none.' })
  files?: ConfigFileInput[] | null;

  @Field(() => [VolumeInput], { nullable: true, description: 'Storage. Default none.' })
  volumes?: VolumeInput[] | null;

  @Field(() => ResourceAmountsInput, {
    nullable: true,
    description: 'Guaranteed to each pod. Default 50m and 64Mi.',
  })
  requests?: ResourceAmountsInput | null;

  @Field(() => ResourceAmountsInput, { nullable: true, description: 'At most for each pod. Default none.' })
  limits?: ResourceAmountsInput | null;

  @Field(() => ProbeInput, {
    nullable: true,
    description: 'When a pod can take requests. Default: when it runs.',
  })
  readiness?: ProbeInput | null;

  @Field(() => ProbeInput, {
    nullable: true,
    description: 'When to restart a container. Default: when it ends.',
  })
  liveness?: ProbeInput | null;

  @Field(() => StrategyInput, { nullable: true, description: 'How pods are replaced.' })
  strategy?: StrategyInput | null;

  @Field(() => Int, {
    nullable: true,
    description: 'Seconds that a pod gets to stop, 0 to 3600. Default 30.',
  })
  stopGraceSeconds?: number | null;

  @Field(() => Int, {
    nullable: true,
    description: 'A rollout that does not get on for so many seconds has failed, 5 to 86400. Default 600.',
  })
  progressDeadlineSeconds?: number | null;
}
