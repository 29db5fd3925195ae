/** The environment variables that one binding gives to a service: names with the prefix, and where values come from. */
export interface BoundVariables {
  readonly bindingId: string;
  readonly instanceId: string;
  readonly secret: string;
  readonly variables: readonly { readonly name: string; readonly key: string }[];
}
