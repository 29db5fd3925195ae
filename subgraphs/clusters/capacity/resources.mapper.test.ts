import { describe, expect, it } from 'vitest';
import { sumResources } from './resources.mapper.js';

describe('a sum of amounts', () => {
  it('says null only where no part is known', () => {
    const amounts = (pods: number | null) => ({ cpuCores: 1, memoryBytes: 2, pods, storageBytes: null });
    expect(sumResources([amounts(null), amounts(3)])).toEqual({
      cpuCores: 2,
      memoryBytes: 4,
      pods: 3,
      storageBytes: null,
    });
    expect(sumResources([])).toEqual({ cpuCores: 0, memoryBytes: 0, pods: 0, storageBytes: 0 });
  });
});
