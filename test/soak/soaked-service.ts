import { attempt } from '../integration/deployments/operations.js';
import type { GraphqlClient } from '../kit/graphql-client.js';
import type { SeededRandom } from './seeded-random.js';

/** One mutation that was sent, and what became of it as far as the client knows. */
export interface Sent {
  readonly mutation: string;
  readonly input: Record<string, unknown>;
  /** Unique: record and audit row are found by it. */
  readonly reason: string;
  /** LOST: Meridian was killed before it answered. */
  outcome: 'DONE' | 'REFUSED' | 'LOST';
  /** Of the payload: the new deployment, or the one controlled. */
  deploymentId: string | null;
  code: string | null;
}

const failing = ['registry.example/does-not-exist', 'shop/crash', 'shop/never-ready'];
const canary = {
  type: 'CANARY',
  steps: [{ percent: 25, pauseSeconds: 1 }, { percent: 50 }, { percent: 75, pauseSeconds: 1 }],
};
const controls = ['abortRollout', 'abortRollout', 'pauseRollout', 'resumeRollout', 'promoteRollout'];

export interface SoakedService {
  readonly id: string;
  readonly namespace: string;
  readonly name: string;
}

/** Sends random changes of one service, one after the other, until it is stopped or Meridian is gone. */
export class Changer {
  #stopped = false;

  constructor(
    readonly service: SoakedService,
    private readonly label: string,
    private readonly random: SeededRandom,
    private readonly sent: Sent[],
  ) {}

  stop(): void {
    this.#stopped = true;
  }

  start(): void {
    this.#stopped = false;
  }

  async run(client: GraphqlClient): Promise<void> {
    while (!this.#stopped) {
      const { mutation, input } = await this.#choose(client).catch(() => ({ mutation: '', input: {} }));
      if (this.#stopped || mutation === '') return;
      const reason = `${this.label} ${this.sent.length}`;
      const key = { reason, idempotencyKey: reason };
      const sent: Sent = {
        mutation,
        input: { ...input, ...key },
        reason,
        outcome: 'LOST',
        deploymentId: null,
        code: null,
      };
      this.sent.push(sent);
      if (!(await send(client, sent))) return;
      // Most changes meet one that is under way, some find the service at rest.
      const calm = this.random.next() < 0.2 ? 6_000 : 1_200;
      await new Promise((resolve) => setTimeout(resolve, this.random.between(0, calm)));
    }
  }

  async #choose(client: GraphqlClient): Promise<{ mutation: string; input: object }> {
    const { service } = await client.query(
      'query ($id: ID!) { service(id: $id) { spec { autoscaling { minReplicas } } currentDeployment { id finishedAt } } }',
      { id: this.service.id },
    );
    const current = service.currentDeployment;
    const serviceId = this.service.id;
    const roll = this.random.next();
    if (current && current.finishedAt === null && roll < 0.3) {
      return { mutation: this.random.pick(controls), input: { deploymentId: current.id } };
    }
    if (!current || roll < 0.65) return { mutation: 'deploy', input: { serviceId, ...this.#deploy() } };
    if (roll < 0.78 && !service.spec.autoscaling) {
      return { mutation: 'scale', input: { serviceId, replicas: this.random.between(0, 4) } };
    }
    return { mutation: roll < 0.9 ? 'rollback' : 'restart', input: { serviceId } };
  }

  #deploy(): object {
    const { random } = this;
    const version = random.between(1, 999);
    const image = random.next() < 0.25 ? `${random.pick(failing)}:${version}` : `shop/web:${version}`;
    const strategy = random.next() < 0.4 ? canary : { type: random.pick(['ROLLING', 'RECREATE']) };
    return {
      image,
      spec: {
        strategy,
        ...(random.next() < 0.4 ? { files: [{ path: '/etc/app.conf', content: `version ${version}` }] } : {}),
        ...(random.next() < 0.3
          ? { autoscaling: random.pick([null, { minReplicas: 2, maxReplicas: 4, cpuPercent: 70 }]) }
          : {}),
      },
    };
  }
}

/** False when there was no answer. What is sent again has the same key, so it is done once. */
export async function send(client: GraphqlClient, sent: Sent): Promise<boolean> {
  try {
    const payload = await attempt(client, sent.mutation, sent.input, 'deployment { id }');
    sent.deploymentId = payload.deployment?.id ?? null;
    sent.code = payload.userErrors[0]?.code ?? null;
    sent.outcome = payload.deployment ? 'DONE' : 'REFUSED';
    return true;
  } catch (error) {
    // An answer with errors is an answer; a connection that broke is none.
    const answered = (error as Error).message.startsWith('[');
    if (answered) {
      sent.outcome = 'REFUSED';
      sent.code = /"code": "(\w+)"/.exec((error as Error).message)?.[1] ?? 'UNKNOWN';
    }
    return answered;
  }
}
