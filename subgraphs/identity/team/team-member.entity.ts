import { Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import { UserEntity } from '../user/user.entity.js';
import { TeamEntity } from './team.entity.js';

@Entity({ name: 'team_member' })
@Index('team_member_by_user', ['userId'])
export class TeamMemberEntity {
  @PrimaryColumn({ name: 'team_id', type: 'text', primaryKeyConstraintName: 'team_member_pkey' })
  @ForeignKey(() => TeamEntity, { name: 'team_member_team_fkey', onDelete: 'CASCADE' })
  teamId: string;

  @PrimaryColumn({ name: 'user_id', type: 'text', primaryKeyConstraintName: 'team_member_pkey' })
  @ForeignKey(() => UserEntity, { name: 'team_member_user_fkey', onDelete: 'CASCADE' })
  userId: string;
}
