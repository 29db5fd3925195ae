import { clusterColumns } from './cluster-columns.js';
import type { Column } from './column.js';
import { configurationColumns } from './configuration-columns.js';
import { networkColumns } from './network-columns.js';
import { workloadColumns } from './workload-columns.js';

/** The columns after the name, by resource, as the real server prints them. Others have only their age. */
export const columnsOf: Readonly<Record<string, readonly Column[]>> = {
  ...workloadColumns,
  ...configurationColumns,
  ...networkColumns,
  ...clusterColumns,
};
