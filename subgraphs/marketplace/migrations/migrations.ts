import { CreateInstance1763838600000 } from './1763838600000-create-instance.js';

/** In order; one that has run is never changed. */
export const marketplaceMigrations = [CreateInstance1763838600000];
