import { Field, ObjectType } from 'type-graphql';
import { Permission } from '../../shared/federated-schema.js';

@ObjectType({ description: 'A kind of storage that a cluster offers.' })
@Permission('clusters.read')
export class StorageClass {
  @Field({ description: 'Unique in its cluster.' })
  name: string;

  @Field({ description: 'What makes the volumes, such as ebs.csi.aws.com.' })
  provisioner: string;

  @Field({ description: 'Used where no class is named.' })
  default: boolean;

  @Field({ description: 'Volumes can be made larger.' })
  expandable: boolean;
}
