const REVISION = 'deployment.kubernetes.io/revision';

const mapObjects = (value: any, change: (object: any) => any): any => {
  if (Array.isArray(value)) return value.map((item) => mapObjects(item, change));
  if (typeof value !== 'object' || value === null) return value;
  return change(
    Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, mapObjects(inner, change)])),
  );
};

/** For scenarios in which several components write the same objects: who owned which field is not compared. */
export const withoutManagedFields = (value: any): any =>
  mapObjects(value, ({ managedFields: _managedFields, ...object }) => withoutResize(object));

/** In-place resize of containers is not simulated, and neither is its status. */
const withoutResize = (object: any): any => {
  if (object?.phase === undefined && object?.containerID === undefined && object?.restartCount === undefined)
    return object;
  const { resources: _resources, allocatedResources: _allocated, ...status } = object;
  return status;
};

/** What the Deployment controller adds to an object while a test is about something else. */
export const withoutControllerTraces = (value: any): any => {
  const cleaned = mapObjects(value, (object) => {
    if (Array.isArray(object.managedFields)) {
      const managedFields = object.managedFields.filter(
        ({ manager }: any) => manager !== 'kube-controller-manager',
      );
      return { ...object, managedFields };
    }
    return object;
  });
  if (cleaned?.kind !== 'Deployment') return cleaned;
  const { annotations, ...metadata } = cleaned.metadata;
  const { [REVISION]: _revision, ...others } = annotations ?? {};
  const { status: _status, ...rest } = cleaned;
  return {
    ...rest,
    metadata: { ...metadata, ...(Object.keys(others).length > 0 ? { annotations: others } : {}) },
  };
};

const CONTROLLERS = new Set(['kube-controller-manager', 'kubelet', 'kube-scheduler']);

/** For scenarios about clients: which fields the controllers own is left out. */
export const withoutControllerManagers = (value: any): any =>
  mapObjects(value, (object) => {
    if (!Array.isArray(object.managedFields)) return object;
    const { managedFields, ...rest } = object;
    const others = managedFields.filter(({ manager }: any) => !CONTROLLERS.has(manager));
    return others.length > 0 ? { ...rest, managedFields: others } : rest;
  });
