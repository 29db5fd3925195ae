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

/** How often an Event was told again. */
export const withoutRepetitions = (value: any): any =>
  mapObjects(value, (object) => {
    if (object.involvedObject === undefined) return object;
    const { count: _count, lastTimestamp: _last, ...event } = object;
    return event;
  });

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

/** The recorder left all groups but one out of two discovery documents. */
export const onlyAddedGroups = (value: any): any => {
  const isAdded = (name: string | undefined): boolean => name === 'metrics.k8s.io';
  if (value?.kind === 'APIGroupList')
    return { ...value, groups: value.groups.filter(({ name }: any) => isAdded(name)) };
  if (value?.kind === 'APIGroupDiscoveryList')
    return { ...value, items: value.items.filter(({ metadata }: any) => isAdded(metadata.name)) };
  return value;
};

const NODE_COLUMNS_OF_THE_MACHINE = new Set(['Kernel-Version', 'Container-Runtime', 'Internal-IP']);

/** What machine a node is: its size, kernel, addresses, network and images. */
export const withoutMachine = (value: any): any =>
  mapObjects(value, (object) => {
    if (object.columnDefinitions && object.rows) return withoutMachineCells(object);
    if (!object.status?.nodeInfo) return object;
    const { podCIDR: _range, podCIDRs: _ranges, ...spec } = object.spec;
    const {
      capacity: _capacity,
      allocatable: _allocatable,
      nodeInfo: _info,
      addresses: _addresses,
      images: _images,
      runtimeHandlers: _handlers,
      features: _features,
      declaredFeatures: _declared,
      ...status
    } = object.status;
    return { ...object, spec, status };
  });

const withoutMachineCells = (table: any): any => {
  const shown: boolean[] = table.columnDefinitions.map(
    ({ name }: any) => !NODE_COLUMNS_OF_THE_MACHINE.has(name),
  );
  return {
    ...table,
    rows: table.rows.map((row: any) => ({
      ...row,
      cells: row.cells.filter((_cell: unknown, index: number) => shown[index]),
    })),
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
