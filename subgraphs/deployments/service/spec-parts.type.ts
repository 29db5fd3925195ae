import { Field, Int, ObjectType, registerEnumType } from 'type-graphql';
import { Permission } from '../../shared/federated-schema.js';
import { QuantityScalar } from '../../shared/scalars.js';
import type { Exposure, Protocol, StrategyType, TolerationEffect } from './service-spec.js';

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

export const StrategyTypeEnum = { ROLLING: 'ROLLING', RECREATE: 'RECREATE', CANARY: 'CANARY' } as const;
registerEnumType(StrategyTypeEnum, {
  name: 'StrategyType',
  description: 'How pods are replaced.',
  valuesConfig: {
    ROLLING: { description: 'A few at a time, so that the service stays available.' },
    RECREATE: { description: 'All old ones are stopped before new ones start.' },
    CANARY: {
      description:
        'A growing share of new ones beside the old ones, step by step; each is looked at before the next.',
    },
  },
});

export const TolerationEffectEnum = {
  NO_SCHEDULE: 'NO_SCHEDULE',
  PREFER_NO_SCHEDULE: 'PREFER_NO_SCHEDULE',
  NO_EXECUTE: 'NO_EXECUTE',
} as const;
registerEnumType(TolerationEffectEnum, {
  name: 'TaintEffect',
  description: 'What a taint does to pods that do not tolerate it.',
  valuesConfig: {
    NO_SCHEDULE: { description: 'No new ones come to the node.' },
    PREFER_NO_SCHEDULE: { description: 'New ones come only when there is no other node.' },
    NO_EXECUTE: { description: 'No new ones come, and those there must go.' },
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

  @Field({
    description: 'Of a public HTTP or HTTPS port: requests whose path begins with it, by whole segments.',
  })
  path: string;

  @Field(() => String, {
    nullable: true,
    description: "Kubernetes Secret with the certificate of the domain; null: the ingress's own.",
  })
  tlsSecret: string | null;
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

  @Field(() => String, { nullable: true, description: "Which of the Secret's keys." })
  secretKey: string | null;
}

@ObjectType({ description: 'A file in the containers. Contents from Secrets are never shown.' })
@Permission('services.read')
export class ConfigFile {
  @Field({ name: 'path', description: 'Absolute path in the container.' })
  name: string;

  @Field(() => String, { nullable: true, description: 'Its text; null when it is in a Secret.' })
  content: string | null;

  @Field(() => String, { nullable: true, description: 'The Kubernetes Secret that holds the text.' })
  secretRef: string | null;

  @Field(() => String, { nullable: true, description: "Which of the Secret's keys." })
  secretKey: string | null;
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

@ObjectType({ description: 'A step of a canary rollout.' })
@Permission('services.read')
export class CanaryStep {
  @Field(() => Int, { description: 'Share of the pods that are new, 1 to 99.' })
  percent: number;

  @Field(() => Int, {
    nullable: true,
    description: 'Seconds to stay there before going on; null: until promoteRollout.',
  })
  pauseSeconds: number | null;
}

@ObjectType({ description: 'Between how many pods a service scales by itself, and by what.' })
@Permission('services.read')
export class Autoscaling {
  @Field(() => Int, { description: 'Pods at least.' })
  minReplicas: number;

  @Field(() => Int, { description: 'Pods at most.' })
  maxReplicas: number;

  @Field(() => Int, {
    nullable: true,
    description: 'Average use of the requested CPU to aim at, in percent; null: not by CPU.',
  })
  cpuPercent: number | null;

  @Field(() => Int, {
    nullable: true,
    description: 'Average use of the requested memory to aim at, in percent; null: not by memory.',
  })
  memoryPercent: number | null;
}

@ObjectType({ description: 'A label of nodes.' })
@Permission('services.read')
export class NodeLabel {
  @Field({ description: 'Its key.' })
  name: string;

  @Field({ description: 'Its value.' })
  value: string;
}

@ObjectType({ description: 'A taint of nodes that pods bear.' })
@Permission('services.read')
export class Toleration {
  @Field({ description: 'Key of the taint.' })
  name: string;

  @Field(() => String, { nullable: true, description: 'Value of the taint; null: whatever it is.' })
  value: string | null;

  @Field(() => TolerationEffectEnum, { nullable: true, description: 'Effect of the taint; null: any.' })
  effect: TolerationEffect | null;

  @Field(() => Int, {
    nullable: true,
    description: 'Of NO_EXECUTE: seconds to stay on the node; null: for good.',
  })
  seconds: number | null;
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

  @Field(() => [CanaryStep], { description: 'Of CANARY, in order; empty otherwise.' })
  steps: CanaryStep[];
}
