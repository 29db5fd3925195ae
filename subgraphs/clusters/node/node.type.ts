import { Field, ObjectType, registerEnumType } from 'type-graphql';
import { Permission } from '../../shared/federated-schema.js';
import { connectionOf } from '../../shared/pagination.js';
import { DateTimeScalar, JsonScalar } from '../../shared/scalars.js';
import { Condition } from '../../shared/shared-types.js';
import { Resources } from '../capacity/resources.type.js';
import { described, namesOf } from '../cluster/described-enum.js';
import { type NodePressure, nodePressures, type TaintEffect, taintEffects } from './node.mapper.js';

const NodePressureEnum = namesOf(nodePressures);
const TaintEffectEnum = namesOf(taintEffects);

registerEnumType(NodePressureEnum, {
  name: 'NodePressure',
  description: 'What a node is short of.',
  valuesConfig: described(nodePressures),
});
registerEnumType(TaintEffectEnum, {
  name: 'TaintEffect',
  description: 'What a taint does to pods that do not tolerate it.',
  valuesConfig: described(taintEffects),
});

@ObjectType({ description: 'A mark that keeps pods away from a node, unless they tolerate it.' })
@Permission('clusters.read')
export class Taint {
  @Field({ description: 'Such as node-role.kubernetes.io/control-plane.' })
  key: string;

  @Field(() => String, { nullable: true, description: 'Its value; null when it has none.' })
  value: string | null;

  @Field(() => TaintEffectEnum, { description: 'What it does.' })
  effect: TaintEffect;

  @Field(() => DateTimeScalar, {
    nullable: true,
    description: 'Since when; null when the cluster does not say, as for all but NO_EXECUTE.',
  })
  since: Date | null;
}

@ObjectType({ description: 'Where a node is reached.' })
@Permission('clusters.read')
export class NodeAddress {
  @Field({ description: 'Such as InternalIP, ExternalIP or Hostname.' })
  type: string;

  @Field({ description: 'An IP address or a host name.' })
  address: string;
}

@ObjectType({ description: 'A machine of a cluster.' })
@Permission('clusters.read')
export class ClusterNode {
  clusterId: string;

  @Field({ description: 'Unique in its cluster.' })
  name: string;

  @Field(() => DateTimeScalar, {
    nullable: true,
    description: 'When it joined the cluster; null when the cluster does not say.',
  })
  createdAt: Date | null;

  @Field({ description: 'The kubelet says that it can run pods.' })
  ready: boolean;

  @Field(() => String, { nullable: true, description: 'Why it is not ready, for a person; null when it is.' })
  notReadyReason: string | null;

  @Field({ description: 'Cordoned: no new pods are put on it.' })
  unschedulable: boolean;

  @Field(() => [NodePressureEnum], { description: 'What it is short of; empty when all is well.' })
  pressures: NodePressure[];

  @Field(() => [String], { description: 'Such as control-plane or worker.' })
  roles: string[];

  @Field(() => JsonScalar, { description: 'An object of text by name.' })
  labels: Record<string, string>;

  @Field(() => [Taint], { description: 'What keeps pods away from it.' })
  taints: Taint[];

  @Field({ description: 'Such as v1.36.2.' })
  kubeletVersion: string;

  @Field(() => String, { nullable: true, description: 'Such as containerd://2.1.4; null when not told.' })
  containerRuntimeVersion: string | null;

  @Field(() => String, { nullable: true, description: 'Such as linux; null when not told.' })
  operatingSystem: string | null;

  @Field(() => String, { nullable: true, description: 'Such as Ubuntu 24.04.3 LTS; null when not told.' })
  osImage: string | null;

  @Field(() => String, { nullable: true, description: 'Such as 6.8.0-45-generic; null when not told.' })
  kernelVersion: string | null;

  @Field(() => String, { nullable: true, description: 'Such as amd64; null when not told.' })
  architecture: string | null;

  @Field(() => String, { nullable: true, description: "Address within the cluster's network." })
  internalAddress: string | null;

  @Field(() => [NodeAddress], { description: 'All its addresses.' })
  addresses: NodeAddress[];

  @Field(() => Resources, { description: 'What it has.' })
  capacity: Resources;

  @Field(() => Resources, { description: 'What it has for pods.' })
  allocatable: Resources;

  @Field(() => [Condition], { description: 'As the kubelet reports them.' })
  conditions: Condition[];
}

export const ClusterNodeConnection = connectionOf(ClusterNode, 'ClusterNode', 'clusters.read');
