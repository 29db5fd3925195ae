import { randomBytes } from 'node:crypto';
import type { GraphqlClient } from './graphql-client.js';
import { eventually } from './wait.js';

export interface SeededEnvironment {
  projectId: string;
  projectName: string;
  environmentId: string;
  namespace: string;
  clusterId: string;
}

export interface SeededService extends SeededEnvironment {
  applicationId: string;
  serviceId: string;
}

/** Seconds: a real cluster really pulls images. */
const patience = process.env['MERIDIAN_TEST_KUBECONFIG'] ? 300 : 40;

/** A name that no other test uses. */
export const uniqueName = (prefix: string): string => `${prefix}-${randomBytes(4).toString('hex')}`;

const errors = 'userErrors { code field message }';

/** Makes through the API what a test starts from. */
export class Seed {
  constructor(
    readonly client: GraphqlClient,
    private readonly signIn: (login: string, password: string) => Promise<GraphqlClient>,
  ) {}

  /** The same, acting as another user. */
  as(client: GraphqlClient): Seed {
    return new Seed(client, this.signIn);
  }

  async clusterId(index = 0): Promise<string> {
    const { clusters } = await this.client.query('{ clusters(first: 50) { nodes { id name } } }');
    return clusters.nodes[index].id;
  }

  async project(name = uniqueName('shop')): Promise<{ id: string; name: string }> {
    const { project } = await this.client.mutate(
      `mutation ($input: CreateProjectInput!) { createProject(input: $input) { project { id name } ${errors} } }`,
      { input: { name } },
    );
    return project;
  }

  async environment(
    options: {
      landscape?: string;
      clusterId?: string;
      project?: { id: string; name: string };
      quota?: object;
    } = {},
  ): Promise<SeededEnvironment> {
    const project = options.project ?? (await this.project());
    const clusterId = options.clusterId ?? (await this.clusterId());
    const { environment } = await this.client.mutate(
      `mutation ($input: CreateEnvironmentInput!) { createEnvironment(input: $input) { environment { id namespace } ${errors} } }`,
      {
        input: {
          projectId: project.id,
          landscape: options.landscape ?? 'DEV',
          clusterId,
          ...(options.quota ? { quota: options.quota } : {}),
        },
      },
    );
    return {
      projectId: project.id,
      projectName: project.name,
      environmentId: environment.id,
      namespace: environment.namespace,
      clusterId,
    };
  }

  async service(
    options: { environment?: SeededEnvironment; name?: string; spec?: object } = {},
  ): Promise<SeededService> {
    const environment = options.environment ?? (await this.environment());
    const { application } = await this.client.mutate(
      `mutation ($input: CreateApplicationInput!) { createApplication(input: $input) { application { id } ${errors} } }`,
      { input: { projectId: environment.projectId, name: uniqueName('app') } },
    );
    const { service } = await this.client.mutate(
      `mutation ($input: CreateServiceInput!) { createService(input: $input) { service { id } ${errors} } }`,
      {
        input: {
          applicationId: application.id,
          environmentId: environment.environmentId,
          name: options.name ?? 'web',
          spec: {
            image: 'nginx:1.27',
            replicas: 2,
            ports: [{ name: 'http', exposure: 'PUBLIC', port: 80, protocol: 'HTTP', targetPort: 8080 }],
            ...options.spec,
          },
        },
      },
    );
    return { ...environment, applicationId: application.id, serviceId: service.id };
  }

  /** Deploys and gives the deployment's id at once, rolling out. */
  async deploy(serviceId: string, input: object = {}): Promise<string> {
    const { deployment } = await this.client.mutate(
      `mutation ($input: DeployInput!) { deploy(input: $input) { deployment { id number } ${errors} } }`,
      { input: { serviceId, ...input } },
    );
    return deployment.id;
  }

  /** Waits until the deployment has ended, and gives its phase. */
  async finished(deploymentId: string, seconds = patience): Promise<string> {
    const ended = new Set(['SUCCEEDED', 'FAILED', 'ABORTED', 'SUPERSEDED']);
    return eventually(
      async () => {
        const { deployment } = await this.client.query(
          'query ($id: ID!) { deployment(id: $id) { rollout { phase } } }',
          {
            id: deploymentId,
          },
        );
        return ended.has(deployment.rollout.phase) ? (deployment.rollout.phase as string) : undefined;
      },
      { seconds, what: `the end of ${deploymentId}` },
    );
  }

  /** A service that runs: deployed and succeeded. */
  async runningService(
    options: Parameters<Seed['service']>[0] = {},
  ): Promise<SeededService & { deploymentId: string }> {
    const service = await this.service(options);
    const deploymentId = await this.deploy(service.serviceId);
    const phase = await this.finished(deploymentId);
    if (phase !== 'SUCCEEDED') throw new Error(`the seeded deployment ended ${phase}`);
    return { ...service, deploymentId };
  }

  /** A new user, signed in; with a role in a scope when given. */
  async user(binding?: {
    role: string;
    scope?: Record<string, string>;
  }): Promise<{ id: string; login: string; password: string; client: GraphqlClient }> {
    const login = uniqueName('user');
    const password = `password-${randomBytes(9).toString('base64url')}`;
    const { user } = await this.client.mutate(
      `mutation ($input: CreateUserInput!) { createUser(input: $input) { user { id } ${errors} } }`,
      { input: { login, displayName: login, password } },
    );
    if (binding) await this.bind(user.id, binding.role, binding.scope);
    return { id: user.id, login, password, client: await this.signIn(login, password) };
  }

  /** Gives a role to a user; the binding's id is what takes it away. */
  async bind(userId: string, role: string, scope: Record<string, string> = {}): Promise<string> {
    const { roleBinding } = await this.client.mutate(
      `mutation ($input: BindRoleInput!) { bindRole(input: $input) { roleBinding { id } ${errors} } }`,
      { input: { role, userId, scope } },
    );
    return roleBinding.id;
  }
}
