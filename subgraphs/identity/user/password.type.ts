import { Field, ID, InputType } from 'type-graphql';

@InputType({ description: "To change one's own password." })
export class ChangePasswordInput {
  @Field({ description: 'The password until now.' })
  currentPassword: string;

  @Field({ description: 'The new one: 8 to 200 characters.' })
  newPassword: string;
}

@InputType({ description: "To set somebody else's password." })
export class ResetPasswordInput {
  @Field(() => ID, { description: 'Whose.' })
  userId: string;

  @Field({ description: 'The new one: 8 to 200 characters.' })
  newPassword: string;

  @Field(() => String, { nullable: true, description: 'Why, for the audit log.' })
  reason?: string | null;

  @Field(() => String, { nullable: true, description: 'The same key makes the change once only.' })
  idempotencyKey?: string | null;
}
