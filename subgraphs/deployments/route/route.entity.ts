import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** A place of a cluster's ingress and the service that has it, as long as its deployments want it. */
@Entity('route')
@Index('route_by_service', ['serviceId'])
export class RouteEntity {
  @PrimaryColumn({ name: 'cluster_id', type: 'text', primaryKeyConstraintName: 'route_pkey' })
  clusterId: string;

  /** See `RouteClaim.host`. */
  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'route_pkey' })
  host: string;

  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'route_pkey' })
  path: string;

  @Column({ name: 'service_id', type: 'text' })
  serviceId: string;

  @Column({ name: 'project_id', type: 'text' })
  projectId: string;
}
