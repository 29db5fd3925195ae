import type { PublishedReader } from './reader.js';

/** A row of the view `deployments.published_binding`: which services hold an instance's credentials. */
export interface PublishedBinding {
  readonly id: string;
  readonly instanceId: string;
  readonly serviceId: string;
  readonly serviceName: string;
}

export class PublishedBindings {
  constructor(private readonly reader: PublishedReader) {}

  async listByInstance(instanceId: string): Promise<PublishedBinding[]> {
    return this.reader.query<PublishedBinding>(
      `SELECT id, instance_id AS "instanceId", service_id AS "serviceId", service_name AS "serviceName"
       FROM deployments.published_binding WHERE instance_id = $1 ORDER BY id`,
      [instanceId],
    );
  }
}
