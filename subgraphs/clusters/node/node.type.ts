import { Field, ObjectType } from 'type-graphql';
import { Permission } from '../../shared/federated-schema.js';
import { connectionOf } from '../../shared/pagination.js';
import { Condition } from '../../shared/shared-types.js';
import { Resources } from '../capacity/resources.type.js';

@ObjectType({ description: 'A machine of a cluster.' })
@Permission('clusters.read')
export class ClusterNode {
  @Field({ description: 'Unique in its cluster.' })
  name: string;

  @Field({ description: 'The kubelet says that it can run pods.' })
  ready: boolean;

  @Field({ description: 'Cordoned: no new pods are put on it.' })
  unschedulable: boolean;

  @Field(() => [String], { description: 'Such as control-plane or worker.' })
  roles: string[];

  @Field({ description: 'Such as v1.36.2.' })
  kubeletVersion: string;

  @Field(() => String, { nullable: true, description: "Address within the cluster's network." })
  internalAddress: string | null;

  @Field(() => Resources, { description: 'What it has.' })
  capacity: Resources;

  @Field(() => Resources, { description: 'What it has for pods.' })
  allocatable: Resources;

  @Field(() => Resources, {
    nullable: true,
    description:
      'What its pods and system use now; null when the cluster has no metrics, or none of this node.',
  })
  usage: Resources | null;

  @Field(() => [Condition], { description: 'As the kubelet reports them.' })
  conditions: Condition[];
}

export const ClusterNodeConnection = connectionOf(ClusterNode, 'ClusterNode', 'clusters.read');
