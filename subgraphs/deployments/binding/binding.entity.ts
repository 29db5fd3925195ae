import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

@Entity('binding')
@Index('binding_instance_unique', ['serviceId', 'instanceId'], { unique: true })
@Index('binding_by_instance', ['instanceId'])
export class BindingEntity {
  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'binding_pkey' })
  id: string;

  @Column({ name: 'instance_id', type: 'text' })
  instanceId: string;

  @Column({ name: 'service_id', type: 'text' })
  serviceId: string;

  @Column({ type: 'text' })
  prefix: string;

  /** Kubernetes Secret with the credentials, in the service's namespace. */
  @Column({ type: 'text' })
  secret: string;

  /** With the prefix. */
  @Column({ type: 'jsonb' })
  variables: { name: string; key: string }[];

  @Column({ name: 'created_at', type: 'timestamptz' })
  createdAt: Date;
}
