import type { Caller } from '../../shared/caller.js';
import { NotFoundError } from '../../shared/errors.js';
import type { Connections } from '../../shared/kubernetes/connections.js';
import { getObject, mergePatchObject } from '../../shared/kubernetes/objects.js';
import { type Node, resources } from '../../shared/kubernetes/resources.js';

/** What is done to nodes, in the name of whoever asks for it. */
export class NodeMaintenanceClient {
  constructor(private readonly connections: Pick<Connections, 'get'>) {}

  /** As the cluster has it now. NotFoundError at `input.nodeName`. */
  async get(caller: Caller, clusterId: string, name: string): Promise<Node> {
    const connection = await this.connections.get(clusterId, { actingFor: caller });
    try {
      return await getObject(connection, resources.nodes, { name });
    } catch (error) {
      throw error instanceof NotFoundError ? absent(name) : error;
    }
  }

  /** Cordons or uncordons; of a node that is so already nothing changes. Gives the node as it is then. */
  async setUnschedulable(
    caller: Caller,
    clusterId: string,
    name: string,
    unschedulable: boolean,
    options: { dryRun: boolean },
  ): Promise<Node> {
    const connection = await this.connections.get(clusterId, { actingFor: caller });
    // Null removes the field, as kubectl uncordon does.
    const patch = { spec: { unschedulable: unschedulable || null } };
    try {
      return await mergePatchObject(connection, resources.nodes, { name }, patch, options);
    } catch (error) {
      throw error instanceof NotFoundError ? absent(name) : error;
    }
  }
}

const absent = (name: string): NotFoundError => new NotFoundError('Node', name, ['input', 'nodeName']);
