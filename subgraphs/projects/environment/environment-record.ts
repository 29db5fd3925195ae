import type { EnvironmentEntity } from './environment.entity.js';

/** What services hand to resolvers. */
export type EnvironmentRecord = EnvironmentEntity;
