export interface WriteOptions {
  /** Named in managedFields. */
  readonly manager?: string;
  /** Everything but the write itself. */
  readonly dryRun?: boolean;
}

export interface UpdateOptions extends WriteOptions {
  readonly subresource?: string;
}
