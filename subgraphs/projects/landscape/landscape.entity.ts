import { Column, Entity, PrimaryColumn, Unique } from 'typeorm';

@Entity({ name: 'landscape' })
@Unique('landscape_name_key', ['name'])
export class LandscapeEntity {
  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'landscape_pkey' })
  id: string;

  @Column({ type: 'text' })
  name: string;

  @Column({ type: 'integer' })
  order: number;

  @Column({ type: 'boolean' })
  production: boolean;
}
