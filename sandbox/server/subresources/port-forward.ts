import { ApiError } from '../../storage/api.js';

/** What runs in a simulated container listens on no port that bytes could be carried to. */
export const portForwardNotServed = (pod: string): ApiError =>
  new ApiError(
    501,
    'NotImplemented',
    `the sandbox cannot forward ports of pod "${pod}": its containers are simulated and no program listens in them`,
    { name: pod, kind: 'pods' },
  );
