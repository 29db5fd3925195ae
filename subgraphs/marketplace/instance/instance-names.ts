import { requireServiceName } from '../../shared/kubernetes/names.js';

/** A StatefulSet puts `-<10 characters>` behind its name in a label of 63, templates put words of their own. */
const longestName = 40;

/** The name that an instance asks for; it becomes a host name. */
export const requireInstanceName = (name: string, field: readonly string[]): string =>
  requireServiceName(name, field, 'instance', longestName);

export const credentialsSecretOf = (instanceName: string): string => `${instanceName}-credentials`;

/** As a StatefulSet names the claims of its pods. */
export const claimNamesOf = (template: string, instanceName: string, replicas: number): string[] =>
  Array.from({ length: replicas }, (_, ordinal) => `${template}-${instanceName}-${ordinal}`);
