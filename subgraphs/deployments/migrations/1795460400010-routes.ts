import type { MigrationInterface, QueryRunner } from 'typeorm';

export class AddRoutes1795460400010 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`CREATE TABLE deployments.route (
      cluster_id text NOT NULL,
      host text NOT NULL,
      path text NOT NULL,
      service_id text NOT NULL,
      project_id text NOT NULL,
      CONSTRAINT route_pkey PRIMARY KEY (cluster_id, host, path)
    )`);
    await runner.query('CREATE INDEX route_by_service ON deployments.route (service_id)');
    // As claimsOf and ingressLabel have it. Of two that had the same until now, the older service keeps it.
    await runner.query(`INSERT INTO deployments.route (cluster_id, host, path, service_id, project_id)
      SELECT service.cluster_id, coalesce(port ->> 'domain', label.generated),
        coalesce(nullif(rtrim(port ->> 'path', '/'), ''), '/'), service.id, service.project_id
      FROM deployments.service service
      CROSS JOIN LATERAL jsonb_array_elements(service.spec -> 'ports') port
      CROSS JOIN LATERAL (SELECT service.name || '-' || service.namespace AS whole) full_name
      CROSS JOIN LATERAL (SELECT CASE WHEN length(whole) <= 63 THEN whole ELSE
        rtrim(left(whole, 54), '-') || '-' || left(encode(sha256(whole::bytea), 'hex'), 8) END AS generated) label
      WHERE service.deleted_at IS NULL AND service.current_deployment_id IS NOT NULL
        AND port ->> 'exposure' = 'PUBLIC' AND port ->> 'protocol' IN ('HTTP', 'HTTPS')
      ORDER BY service.created_at
      ON CONFLICT DO NOTHING`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE deployments.route');
  }
}
