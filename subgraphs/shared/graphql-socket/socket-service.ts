import type { GraphQLFormattedError } from 'graphql';
import type { SubscribePayload } from './socket-message.js';

/** A result as text: what is given to many sockets as the same object is encoded once for all of them. */
export interface JsonText {
  /** As JSON. */
  readonly text: string;
}

/** Where the results of one operation on a socket go. */
export interface SocketReceiver {
  /** Never to be called once `complete` or `fail` was, nor after the operation was left. */
  next(result: JsonText): void;
  complete(): void;
  /** The errors are masked. */
  fail(errors: readonly GraphQLFormattedError[]): void;
  /** How much waits here for the peer; `RunningOperation.drained` says when it is `free` again. */
  readonly room: 'free' | 'full' | 'overfull';
}

export interface RunningOperation {
  /** The peer has gone or wants no more. */
  leave(): void;
  /** The receiver is `free` again, which it was not when it was last asked. */
  drained(): void;
}

/** What a process serves on its sockets. `Peer` is whom it takes the peer of a socket for. */
export interface SocketService<Peer extends object, Operation extends RunningOperation> {
  /** UnauthenticatedError closes the socket with 4403. */
  authenticate(params: Readonly<Record<string, unknown>>, address: string | null): Promise<Peer>;
  /** Whatever comes of it goes to the receiver, refusals too. */
  start(payload: SubscribePayload, peer: Peer, receiver: SocketReceiver): Operation;
  /** When a peer may be served no longer. */
  readonly expiry?: {
    /** In milliseconds since 1970; null: never. */
    at(peer: Peer): number | null;
    /** What its running operations are told then. */
    errors(peer: Peer): readonly GraphQLFormattedError[];
  };
  /** A pong that came unasked; `find` gives a running operation by its id. */
  pong?(payload: Readonly<Record<string, unknown>>, find: (id: string) => Operation | undefined): void;
}
