import { parseQuantity } from '../storage/quantity.js';

/** A Kubernetes quantity as a number in its base unit; what is absent is nothing. */
export const toNumber = (quantity: string | number | undefined): number =>
  quantity === undefined ? 0 : Number(parseQuantity(quantity)?.nano ?? 0n) / 1e9;
