import { Field, ObjectType, registerEnumType } from 'type-graphql';
import { Permission } from '../../shared/federated-schema.js';
import { described, namesOf } from '../cluster/described-enum.js';
import { type ClusterWarningCode, clusterWarningCodes } from './cluster-warning.js';
import { type ClusterFeature, clusterFeatures } from './required-rights.js';

const ClusterFeatureEnum = namesOf(clusterFeatures);
const ClusterWarningCodeEnum = namesOf(clusterWarningCodes);

registerEnumType(ClusterFeatureEnum, {
  name: 'ClusterFeature',
  description:
    'A part of Meridian that needs rights in a cluster. The descriptions say what happens without them.',
  valuesConfig: described(clusterFeatures),
});
registerEnumType(ClusterWarningCodeEnum, {
  name: 'ClusterWarningCode',
  description: 'The kind of a warning about a cluster.',
  valuesConfig: described(clusterWarningCodes),
});

@ObjectType({
  description: 'Something that works only in part with a cluster. The cluster is used all the same.',
})
@Permission('clusters.read')
export class ClusterWarning {
  @Field(() => ClusterWarningCodeEnum, { description: 'The kind of warning.' })
  code: ClusterWarningCode;

  @Field({ description: 'What is amiss and what does not work because of it, for a person.' })
  message: string;

  @Field({ description: 'What to do about it, for a person.' })
  remedy: string;

  @Field(() => [ClusterFeatureEnum], {
    description: 'What does not work; empty when it concerns the whole cluster.',
  })
  features: readonly ClusterFeature[];

  @Field(() => String, {
    nullable: true,
    description:
      'API group of the resource, empty for the core group; null when the warning is not about one resource.',
  })
  group: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'Plural name of the resource, with the subresource if there is one, such as pods/exec.',
  })
  resource: string | null;

  @Field(() => [String], { description: 'The verbs that are missing on it, such as create.' })
  verbs: readonly string[];
}
