import { Field, Int, ObjectType } from 'type-graphql';
import { Permission } from '../../shared/federated-schema.js';
import {
  Autoscaling,
  ConfigFile,
  EnvironmentVariable,
  NodeLabel,
  Port,
  Probe,
  ResourceAmounts,
  Strategy,
  Toleration,
  Volume,
} from './spec-parts.type.js';

@ObjectType({ description: 'What a service is to look like.' })
@Permission('services.read')
export class ServiceSpec {
  @Field({ description: 'Container image, such as registry.example/shop/web:1.4.' })
  image: string;

  @Field(() => Int, { description: 'How many pods; with autoscaling, at the start.' })
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

  @Field(() => Probe, {
    nullable: true,
    description: 'Tells when a container has started; the other probes wait for it.',
  })
  startup: Probe | null;

  @Field(() => Strategy, { description: 'How pods are replaced.' })
  strategy: Strategy;

  @Field(() => Autoscaling, { nullable: true, description: 'Scaling by itself; null: always `replicas`.' })
  autoscaling: Autoscaling | null;

  @Field(() => String, {
    nullable: true,
    description: 'Kubernetes Secret with which private images are pulled.',
  })
  imagePullSecret: string | null;

  @Field(() => [NodeLabel], { description: 'Labels that a node must have.' })
  nodeSelector: NodeLabel[];

  @Field(() => [Toleration], { description: 'Taints of nodes that the pods bear.' })
  tolerations: Toleration[];

  @Field(() => Int, { description: 'Seconds that a pod gets to stop.' })
  stopGraceSeconds: number;

  @Field(() => Int, { description: 'A rollout that does not get on for so many seconds has failed.' })
  progressDeadlineSeconds: number;

  @Field({
    description: 'When a deployment fails, Meridian rolls back to the last one that succeeded.',
  })
  rollbackOnFailure: boolean;
}
