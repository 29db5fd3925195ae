import { Field, Int, ObjectType, registerEnumType } from 'type-graphql';
import { Permission } from '../../shared/federated-schema.js';
import { QuantityScalar } from '../../shared/scalars.js';
import type { Exposure, Protocol, StrategyType } from './service-spec.js';

export const ExposureEnum = { INTERNAL: 'INTERNAL', PUBLIC: 'PUBLIC' } as const;
registerEnumType(ExposureEnum, {
  name: 'Exposure',
  description: 'From where a port can be reached.',
  valuesConfig: {
    INTERNAL: { description: 'From inside the cluster, under the name of the service.' },
    PUBLIC: {
      description: 'From outside: HTTP and HTTPS by host name, TCP and UDP by a load balancer.',
    },
  },
});

export const ProtocolEnum = { HTTP: 'HTTP', HTTPS: 'HTTPS', TCP: 'TCP', UDP: 'UDP' } as const;
registerEnumType(ProtocolEnum, {
  name: 'Protocol',
  description: 'What is spoken on a port.',
  valuesConfig: {
    HTTP: { description: 'HTTP without encryption.' },
    HTTPS: { description: 'HTTPS: encryption ends at the ingress of the cluster.' },
    TCP: { description: 'Any protocol over TCP.' },
    UDP: { description: 'Any protocol over UDP.' },
  },
});

export const StrategyTypeEnum = { ROLLING: 'ROLLING', RECREATE: 'RECREATE' } as const;
registerEnumType(StrategyTypeEnum, {
  name: 'StrategyType',
  description: 'How pods are replaced.',
  valuesConfig: {
    ROLLING: { description: 'A few at a time, so that the service stays available.' },
    RECREATE: { description: 'All old ones are stopped before new ones start.' },
  },
});

@ObjectType({
  description: 'A port of a service. Reads as port > protocol > targetPort, such as 80 > HTTP > 8080.',
})
@Permission('services.read')
export class Port {
  @Field({ description: 'Unique in the service.' })
  name: string;

  @Field(() => ExposureEnum, { description: 'From where it can be reached.' })
  exposure: Exposure;

  @Field(() => Int, { description: 'The number that clients use.' })
  port: number;

  @Field(() => ProtocolEnum, { description: 'What is spoken.' })
  protocol: Protocol;

  @Field(() => Int, { description: 'The number that the container listens on.' })
  targetPort: number;

  @Field(() => String, { nullable: true, description: 'Custom host name of a public HTTP or HTTPS port.' })
  domain: string | null;
}

@ObjectType({ description: 'A variable of the containers. Values from Secrets are never shown.' })
@Permission('services.read')
export class EnvironmentVariable {
  @Field({ description: 'Its name.' })
  name: string;

  @Field(() => String, { nullable: true, description: 'Its value; null for one that comes from a Secret.' })
  value: string | null;

  @Field(() => String, { nullable: true, description: 'The Kubernetes Secret that holds the value.' })
  secretRef: string | null;
}

@ObjectType({ description: 'A file in the containers.' })
@Permission('services.read')
export class ConfigFile {
  @Field({ name: 'path', description: 'Absolute path in the container.' })
  name: string;

  @Field({ description: 'Its text.' })
  content: string;
}

@ObjectType({ description: 'Storage in the containers.' })
@Permission('services.read')
export class Volume {
  @Field({ description: 'Unique in the service.' })
  name: string;

  @Field({ description: 'Where it is mounted.' })
  path: string;

  @Field(() => QuantityScalar, {
    nullable: true,
    description: 'How much it holds; null for an empty directory that ends with its pod.',
  })
  size: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'Storage class; null for the default one of the cluster.',
  })
  storageClass: string | null;
}

@ObjectType({ description: 'CPU and memory of one pod.' })
@Permission('services.read')
export class ResourceAmounts {
  @Field(() => QuantityScalar, {
    nullable: true,
    description: 'CPU in cores, such as 250m; null for none given.',
  })
  cpu: string | null;

  @Field(() => QuantityScalar, {
    nullable: true,
    description: 'Memory in bytes, such as 64Mi; null for none given.',
  })
  memory: string | null;
}

@ObjectType({
  description: 'How to find out whether a container works: by HTTP, by connecting, or by a command.',
})
@Permission('services.read')
export class Probe {
  @Field(() => String, { nullable: true, description: 'Path to GET; null for a connection or a command.' })
  httpPath: string | null;

  @Field(() => Int, { nullable: true, description: 'Port to ask; null for a command.' })
  port: number | null;

  @Field(() => [String], { nullable: true, description: 'Command that succeeds when all is well.' })
  command: string[] | null;

  @Field(() => Int, { description: 'Seconds after the start before the first attempt.' })
  initialDelaySeconds: number;

  @Field(() => Int, { description: 'Seconds between attempts.' })
  periodSeconds: number;

  @Field(() => Int, { description: 'Seconds that an attempt may take.' })
  timeoutSeconds: number;

  @Field(() => Int, { description: 'So many failures in a row count.' })
  failureThreshold: number;
}

@ObjectType({ description: 'How pods are replaced in a rollout.' })
@Permission('services.read')
export class Strategy {
  @Field(() => StrategyTypeEnum, { description: 'Rolling or all at once.' })
  type: StrategyType;

  @Field({ description: 'Pods above the wanted number, as a number or percentage (rounded up).' })
  maxSurge: string;

  @Field({ description: 'Pods below the wanted number, as a number or percentage (rounded down).' })
  maxUnavailable: string;
}

@ObjectType({ description: 'What a service is to look like.' })
@Permission('services.read')
export class ServiceSpec {
  @Field({ description: 'Container image, such as registry.example/shop/web:1.4.' })
  image: string;

  @Field(() => Int, { description: 'How many pods.' })
  replicas: number;

  @Field(() => [String], { nullable: true, description: "Program to run; null: the image's own." })
  command: string[] | null;

  @Field(() => [String], { nullable: true, description: "Its arguments; null: the image's own." })
  args: string[] | null;

  @Field(() => [Port], { description: 'Ports, in the order given.' })
  ports: Port[];

  @Field(() => [EnvironmentVariable], { description: 'Variables; those from bindings are with the binding.' })
  environmentVariables: EnvironmentVariable[];

  @Field(() => [ConfigFile], { description: 'Files.' })
  files: ConfigFile[];

  @Field(() => [Volume], { description: 'Storage.' })
  volumes: Volume[];

  @Field(() => ResourceAmounts, { nullable: true, description: 'What each pod is guaranteed.' })
  requests: ResourceAmounts | null;

  @Field(() => ResourceAmounts, { nullable: true, description: 'What each pod gets at most.' })
  limits: ResourceAmounts | null;

  @Field(() => Probe, { nullable: true, description: 'Tells when a pod can take requests.' })
  readiness: Probe | null;

  @Field(() => Probe, { nullable: true, description: 'Tells when a container must be restarted.' })
  liveness: Probe | null;

  @Field(() => Strategy, { description: 'How pods are replaced.' })
  strategy: Strategy;

  @Field(() => Int, { description: 'Seconds that a pod gets to stop.' })
  stopGraceSeconds: number;

  @Field(() => Int, { description: 'A rollout that does not get on for so many seconds has failed.' })
  progressDeadlineSeconds: number;
}
