import { Field, ObjectType, registerEnumType } from 'type-graphql';
import { Permission } from '../../shared/federated-schema.js';
import { DateTimeScalar, JsonScalar } from '../../shared/scalars.js';
import { described, namesOf } from '../cluster/described-enum.js';
import {
  type ReclaimPolicy,
  reclaimPolicies,
  type VolumeBindingMode,
  volumeBindingModes,
} from './storage-class.mapper.js';

const VolumeBindingModeEnum = namesOf(volumeBindingModes);
const ReclaimPolicyEnum = namesOf(reclaimPolicies);

registerEnumType(VolumeBindingModeEnum, {
  name: 'VolumeBindingMode',
  description: 'When a volume is made.',
  valuesConfig: described(volumeBindingModes),
});
registerEnumType(ReclaimPolicyEnum, {
  name: 'ReclaimPolicy',
  description: 'What becomes of a volume whose claim is deleted.',
  valuesConfig: described(reclaimPolicies),
});

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

  @Field(() => VolumeBindingModeEnum, { description: 'When a volume is made.' })
  volumeBindingMode: VolumeBindingMode;

  @Field(() => ReclaimPolicyEnum, { description: 'What becomes of a volume whose claim is deleted.' })
  reclaimPolicy: ReclaimPolicy;

  @Field(() => JsonScalar, {
    description:
      'What the provisioner is told, as an object of text by name, such as {"type": "gp3"}. Parameters that may hold a secret are left out.',
  })
  parameters: Record<string, string>;

  @Field(() => [String], { description: 'Options that volumes are mounted with, such as noatime.' })
  mountOptions: string[];

  @Field(() => DateTimeScalar, { nullable: true, description: 'When it was made; null when not told.' })
  createdAt: Date | null;
}
