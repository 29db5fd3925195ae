import { Column, Entity, PrimaryColumn, Unique } from 'typeorm';

@Entity({ name: 'team' })
@Unique('team_name_unique', ['name'])
export class TeamEntity {
  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'team_pkey' })
  id: string;

  @Column({ type: 'text' })
  name: string;

  @Column({ type: 'text', nullable: true })
  description: string | null;

  @Column({ name: 'created_at', type: 'timestamptz' })
  createdAt: Date;

  @Column({ name: 'updated_at', type: 'timestamptz' })
  updatedAt: Date;

  @Column({ type: 'integer' })
  version: number;
}
