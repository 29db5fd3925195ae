import { CreateInstance1763838600000 } from './1763838600000-create-instance.js';
import { PublishRecords1795374000000 } from './1795374000000-publish-records.js';

/** In order; one that has run is never changed. */
export const marketplaceMigrations = [CreateInstance1763838600000, PublishRecords1795374000000];
