import { ArgsType, Field, InputType, registerEnumType } from 'type-graphql';
import { type OrderDirection, OrderDirectionEnum } from '../../shared/order-direction.js';
import { PageArguments } from '../../shared/pagination.js';
import type { ProjectOrderField } from './project-query.js';

export const ProjectOrderFieldEnum = {
  NAME: 'NAME',
  DISPLAY_NAME: 'DISPLAY_NAME',
  CREATED_AT: 'CREATED_AT',
} as const satisfies { [K in ProjectOrderField]: K };

registerEnumType(ProjectOrderFieldEnum, {
  name: 'ProjectOrderField',
  description: 'What a list of projects is ordered by.',
  valuesConfig: {
    NAME: { description: 'By name.' },
    DISPLAY_NAME: { description: 'By display name.' },
    CREATED_AT: { description: 'By the time of creation.' },
  },
});

@InputType({ description: 'How to order projects.' })
export class ProjectOrder {
  @Field(() => ProjectOrderFieldEnum, { description: 'By what.' })
  field: ProjectOrderField;

  @Field(() => OrderDirectionEnum, { nullable: true, description: 'Default ASC.' })
  direction?: OrderDirection | null;
}

@InputType({ description: 'Which projects: those to which everything given applies.' })
export class ProjectFilter {
  @Field(() => String, { nullable: true, description: 'Exactly this name.' })
  name?: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'Text in the name, display name or description, in upper or lower case.',
  })
  search?: string | null;
}

@ArgsType()
export class ProjectListArguments extends PageArguments {
  @Field(() => ProjectFilter, { nullable: true, description: 'Which projects. Default: all.' })
  filter?: ProjectFilter | null;

  @Field(() => ProjectOrder, { nullable: true, description: 'Default: by name.' })
  orderBy?: ProjectOrder | null;
}
