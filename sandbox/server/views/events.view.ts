import type { View } from './view.js';

const shownFields = [
  'metadata.name',
  'metadata.namespace',
  'reason',
  'regarding.apiVersion',
  'regarding.fieldPath',
  'regarding.kind',
  'regarding.name',
  'regarding.namespace',
  'regarding.resourceVersion',
  'regarding.uid',
  'reportingController',
  'type',
];

/** events.k8s.io/v1: the same events under the names of the newer API. */
export const eventsView: View = {
  fieldSelectors: shownFields,
  resource: 'events',
  group: 'events.k8s.io',
  version: 'v1',
  model: 'EventsV1Event',
  show: (event) => {
    const {
      involvedObject,
      message,
      source,
      firstTimestamp,
      lastTimestamp,
      count,
      reportingComponent,
      reportingInstance,
      ...same
    } = event;
    return {
      ...same,
      apiVersion: 'events.k8s.io/v1',
      regarding: involvedObject,
      ...(message ? { note: message } : {}),
      ...(reportingComponent ? { reportingController: reportingComponent } : {}),
      ...(reportingInstance ? { reportingInstance } : {}),
      deprecatedSource: source,
      deprecatedFirstTimestamp: firstTimestamp,
      deprecatedLastTimestamp: lastTimestamp,
      ...(count ? { deprecatedCount: count } : {}),
    };
  },
  store: (draft) => {
    const {
      regarding,
      note,
      deprecatedSource,
      deprecatedFirstTimestamp,
      deprecatedLastTimestamp,
      deprecatedCount,
      reportingController,
      ...same
    } = draft;
    return {
      ...same,
      apiVersion: 'v1',
      involvedObject: regarding ?? {},
      message: note,
      source: deprecatedSource,
      firstTimestamp: deprecatedFirstTimestamp,
      lastTimestamp: deprecatedLastTimestamp,
      count: deprecatedCount,
      reportingComponent: reportingController,
    };
  },
};
