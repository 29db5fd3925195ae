import { Column, Entity, Index, PrimaryGeneratedColumn } from 'typeorm';

export const logLevels = ['INFO', 'WARNING', 'ERROR'] as const;
export type LogLevel = (typeof logLevels)[number];

@Entity('deployment_log')
@Index('deployment_log_by_deployment', ['deploymentId', 'id'])
export class DeploymentLogEntity {
  @PrimaryGeneratedColumn('identity', {
    type: 'bigint',
    generatedIdentity: 'ALWAYS',
    primaryKeyConstraintName: 'deployment_log_pkey',
  })
  id: string;

  @Column({ name: 'deployment_id', type: 'text' })
  deploymentId: string;

  @Column({ type: 'timestamptz' })
  at: Date;

  @Column({ type: 'text' })
  level: LogLevel;

  @Column({ type: 'text' })
  message: string;
}
