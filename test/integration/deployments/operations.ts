import { managedBy, serviceLabel } from '../../../subgraphs/deployments/workload/labels.js';
import type { GraphqlClient } from '../../kit/graphql-client.js';

type Data = any;
const errors = 'userErrors { code field message }';

/** Part of a specification: its pods never get ready. Without a probe they would be as soon as they run. */
export const neverReady = {
  image: 'shop/never-ready:1',
  readiness: { httpPath: '/', port: 8080, periodSeconds: 1 },
} as const;

/**
 * A claim of the service that is as the service never makes them, and can't be changed: what wants it as a volume of
 * this name is refused by the API server, and by nobody before.
 */
export const unchangeableClaim = (serviceId: string, namespace: string, volume: string) => ({
  metadata: {
    name: `web-${volume}`,
    namespace,
    labels: { [managedBy]: 'meridian', [serviceLabel]: serviceId },
  },
  spec: { accessModes: ['ReadWriteMany'], resources: { requests: { storage: '1Gi' } } },
});

/** The payload of a mutation with one input, refused or not. */
export async function attempt(
  client: GraphqlClient,
  mutation: string,
  input: object,
  selection: string,
): Promise<Data> {
  const type = `${mutation.charAt(0).toUpperCase()}${mutation.slice(1)}Input`;
  const data = await client.query(
    `mutation ($input: ${type}!) { ${mutation}(input: $input) { ${selection} ${errors} } }`,
    { input },
  );
  return data[mutation];
}

export const deploymentFields =
  'deployment { id number kind image reason finishedAt diff { path before after } rollout { phase percent desired updated ready available old stalledSince blockers { kind message pods } } source { number } }';

/** The service's deployments, newest first. */
export async function history(client: GraphqlClient, serviceId: string): Promise<Data[]> {
  const { service } = await client.query(
    `query ($id: ID!) { service(id: $id) { deployments(first: 100) { nodes { id number kind image rollout { phase } log(first: 100) { nodes { level message } } } } } }`,
    { id: serviceId },
  );
  return service.deployments.nodes;
}
