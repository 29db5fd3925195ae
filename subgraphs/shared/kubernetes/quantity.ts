/** A Kubernetes quantity: exact, in nano-units. */
export interface Quantity {
  readonly nanos: bigint;
}
