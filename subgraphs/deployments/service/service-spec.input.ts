import { Field, InputType, Int } from 'type-graphql';
import { QuantityScalar } from '../../shared/scalars.js';
import type { Exposure, Protocol, StrategyType, TolerationEffect } from './service-spec.js';
import { ExposureEnum, ProtocolEnum, StrategyTypeEnum, TolerationEffectEnum } from './spec-parts.type.js';

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

  @Field(() => String, {
    nullable: true,
    description:
      'For PUBLIC HTTP and HTTPS: requests whose path begins with it, by whole segments. Default "/".',
  })
  path?: string | null;

  @Field(() => String, {
    nullable: true,
    description:
      "For PUBLIC HTTPS with a domain: Kubernetes Secret of type kubernetes.io/tls in the namespace. Default: the ingress's own certificate.",
  })
  tlsSecret?: string | null;
}

@InputType({
  description:
    'Give a value, or secret: true to have the value stored in a Secret and never shown again, or secretRef and secretKey of a Secret that is in the namespace.',
})
export class EnvironmentVariableInput {
  @Field({ description: 'Letters, digits, "_", "-" and ".", no digit first.' })
  name: string;

  @Field(() => String, {
    nullable: true,
    description:
      'The value, with its name at most 128 KiB; all plain ones together at most 512 KiB. A secret variable without one keeps the value that it has.',
  })
  value?: string | null;

  @Field(() => Boolean, {
    nullable: true,
    description: 'Keep the value in a Kubernetes Secret. Default false.',
  })
  secret?: boolean | null;

  @Field(() => String, { nullable: true, description: 'Name of a Kubernetes Secret of the namespace.' })
  secretRef?: string | null;

  @Field(() => String, { nullable: true, description: "Which of that Secret's keys." })
  secretKey?: string | null;
}

@InputType({
  description:
    'A text file in the containers, read-only. Give its content, with secret: true to have it stored in a Secret and never shown again.',
})
export class ConfigFileInput {
  @Field({ description: 'Absolute path.' })
  path: string;

  @Field(() => String, {
    nullable: true,
    description:
      'Its text. A secret file without one keeps the text that it has. All files together hold at most 512 KiB, and all secret values that one change gives at most 256 KiB.',
  })
  content?: string | null;

  @Field(() => Boolean, {
    nullable: true,
    description: 'Keep the text in a Kubernetes Secret. Default false.',
  })
  secret?: boolean | null;
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

@InputType({ description: 'A step of a canary rollout.' })
export class CanaryStepInput {
  @Field(() => Int, { description: 'Share of the pods that are to be new, 1 to 99; more than before.' })
  percent: number;

  @Field(() => Int, {
    nullable: true,
    description: 'Seconds to stay there, 1 to 86400. Left out: until promoteRollout is called.',
  })
  pauseSeconds?: number | null;
}

@InputType({ description: 'Between how many pods a service scales by itself, and by what.' })
export class AutoscalingInput {
  @Field(() => Int, { nullable: true, description: 'Pods at least, 1 or more. Default 1.' })
  minReplicas?: number | null;

  @Field(() => Int, { description: 'Pods at most, up to 1000.' })
  maxReplicas: number;

  @Field(() => Int, {
    nullable: true,
    description:
      'Average use of the requested CPU to aim at, 1 to 1000 percent. Default 80 when memoryPercent is left out too.',
  })
  cpuPercent?: number | null;

  @Field(() => Int, {
    nullable: true,
    description: 'Average use of the requested memory to aim at, 1 to 1000 percent.',
  })
  memoryPercent?: number | null;
}

@InputType({ description: 'A label of nodes.' })
export class NodeLabelInput {
  @Field({ description: 'Its key, such as kubernetes.io/arch.' })
  name: string;

  @Field({ description: 'Its value, such as arm64.' })
  value: string;
}

@InputType({ description: 'A taint of nodes that pods bear.' })
export class TolerationInput {
  @Field({ description: 'Key of the taint.' })
  name: string;

  @Field(() => String, { nullable: true, description: 'Value of the taint. Default: whatever it is.' })
  value?: string | null;

  @Field(() => TolerationEffectEnum, { nullable: true, description: 'Effect of the taint. Default: any.' })
  effect?: TolerationEffect | null;

  @Field(() => Int, {
    nullable: true,
    description: 'For NO_EXECUTE: seconds to stay on the node. Default: for good.',
  })
  seconds?: number | null;
}

@InputType({ description: 'How pods are replaced.' })
export class StrategyInput {
  @Field(() => StrategyTypeEnum, { nullable: true, description: 'Default ROLLING.' })
  type?: StrategyType | null;

  @Field(() => String, { nullable: true, description: 'Number or percentage. Default 25%.' })
  maxSurge?: string | null;

  @Field(() => String, { nullable: true, description: 'Number or percentage. Default 25%.' })
  maxUnavailable?: string | null;

  @Field(() => [CanaryStepInput], { nullable: true, description: 'For CANARY: 1 to 20 steps.' })
  steps?: CanaryStepInput[] | null;
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

  @Field(() => [String], {
    nullable: true,
    description: "Program to run. With args at most 256 KiB. Default: the image's own.",
  })
  command?: string[] | null;

  @Field(() => [String], { nullable: true, description: "Its arguments. Default: the image's own." })
  args?: string[] | null;

  @Field(() => [PortInput], { nullable: true, description: 'Ports. Default none.' })
  ports?: PortInput[] | null;

  @Field(() => [EnvironmentVariableInput], {
    nullable: true,
    description: 'Variables, at most 500. Default none.',
  })
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

  @Field(() => ProbeInput, {
    nullable: true,
    description: 'When a container has started; the other probes wait for it. Default: at once.',
  })
  startup?: ProbeInput | null;

  @Field(() => StrategyInput, { nullable: true, description: 'How pods are replaced.' })
  strategy?: StrategyInput | null;

  @Field(() => AutoscalingInput, {
    nullable: true,
    description: 'Let the number of pods follow their load. Default: always `replicas`.',
  })
  autoscaling?: AutoscalingInput | null;

  @Field(() => String, {
    nullable: true,
    description:
      'Kubernetes Secret of type kubernetes.io/dockerconfigjson in the namespace, to pull private images with.',
  })
  imagePullSecret?: string | null;

  @Field(() => [NodeLabelInput], {
    nullable: true,
    description: 'Labels that a node must have. Default none.',
  })
  nodeSelector?: NodeLabelInput[] | null;

  @Field(() => [TolerationInput], {
    nullable: true,
    description: 'Taints of nodes that the pods bear. Default none.',
  })
  tolerations?: TolerationInput[] | null;

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

  @Field(() => Boolean, {
    nullable: true,
    description: 'Roll back to the last deployment that succeeded when one fails. Default false.',
  })
  rollbackOnFailure?: boolean | null;
}
