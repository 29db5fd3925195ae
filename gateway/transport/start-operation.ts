import { OperationTypeNode } from 'graphql';
import { NobodyWaitsError, sharedAbortController } from '../../subgraphs/shared/abortable.js';
import type { Caller } from '../../subgraphs/shared/caller.js';
import type { Logger } from '../../subgraphs/shared/logger.js';
import { maskErrors } from '../../subgraphs/shared/masked-result.js';
import type { OperationRequest, Prepared } from '../admission.js';
import type { Engine } from '../engine.js';
import { asGraphQLError } from '../graphql-error.js';
import type { Operation } from '../operations/operation.js';
import { Payload } from '../subscriptions/payload.js';
import { type Receiver, refusedSubscription, type Subscription } from '../subscriptions/subscriber.js';
import { sentResult } from './answer.js';
import type { LoggedRequest, Transport } from './request-log.js';

type PreparedToRun = Exclude<Prepared, { errors: unknown }>;

/**
 * Checks, runs and logs one operation of a transport that streams. A subscription gives its events to the receiver,
 * a query or mutation its one result; what is refused as a whole fails it. All that the receiver gets is masked.
 */
export function startOperation(
  parts: { readonly engine: Engine; readonly logger: Logger; readonly transport: Transport },
  request: OperationRequest,
  caller: Caller,
  receiver: Receiver,
): Subscription {
  const { engine, logger, transport } = parts;
  const startedAt = performance.now();
  const log = (operation: Operation | undefined, errors: LoggedRequest['errors']): void =>
    engine.requests.log({ transport, caller, startedAt, operation, errors });
  const prepared = engine.admission.prepare(request, caller);
  if ('errors' in prepared) {
    log(undefined, prepared.errors);
    receiver.fail(maskErrors(prepared.errors, caller, logger));
    return refusedSubscription;
  }
  const { operation, variables } = prepared;
  if (operation.kind !== OperationTypeNode.SUBSCRIPTION) return runOnce(prepared);
  return engine.subscribe(operation, variables, caller, withExtensions(receiver, prepared), (refusal) =>
    log(operation, refusal === undefined ? undefined : [asGraphQLError(refusal)]),
  );

  function runOnce(prepared: PreparedToRun): Subscription {
    const controller = sharedAbortController();
    // The signal says less: it is aborted too when the time is up, and then the client waits for an answer.
    let left = false;
    void engine.execute(prepared.operation, prepared.variables, { caller, controller }).then((result) => {
      log(prepared.operation, result.errors);
      if (left) return;
      receiver.next(new Payload(sentResult(result, prepared, caller, logger)));
      receiver.complete();
    });
    return {
      leave() {
        left = true;
        controller.abort(new NobodyWaitsError('the client left'));
      },
      drained: () => undefined,
    };
  }
}

/** Its first event carries the extensions that were asked for; the events themselves are shared with others. */
function withExtensions(receiver: Receiver, { extensions }: PreparedToRun): Receiver {
  if (!extensions) return receiver;
  let told = false;
  return {
    next(payload) {
      receiver.next(told ? payload : new Payload({ ...payload.result, extensions: { ...extensions } }));
      told = true;
    },
    complete: () => receiver.complete(),
    fail: (errors) => receiver.fail(errors),
    get room() {
      return receiver.room;
    },
  };
}
