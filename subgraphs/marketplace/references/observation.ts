import { type ObservationView, observationOf } from '../../shared/observation.type.js';
import { Cluster } from './cluster.js';

export const Observation = observationOf(() => Cluster);
export type Observation = ObservationView;
