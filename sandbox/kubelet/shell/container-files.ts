import type { ContainerInstance } from '../container-instance.js';
import { mountedFiles } from '../mounted-files.js';
import type { DeviceFiles } from './device-files.js';
import { systemFiles } from './system-files.js';

const MAX_BYTES = 32 << 20;

/** The file system of a container: made when first needed, then shared by all that runs in the container. */
export class ContainerFiles {
  private opened: Promise<DeviceFiles> | undefined;

  constructor(private readonly instance: ContainerInstance) {}

  open(): Promise<DeviceFiles> {
    this.opened ??= this.make();
    return this.opened;
  }

  /** Paths that exist before the container changes anything; enough to say whether a command is there. */
  initial(): Record<string, string> {
    const { program, context, host, spec } = this.instance;
    return {
      ...systemFiles(program.system, context.pod),
      ...program.files(context),
      ...mountedFiles(host.api, host.pod, spec),
    };
  }

  private async make(): Promise<DeviceFiles> {
    const { DeviceFiles: Files } = await import('./device-files.js');
    return new Files(this.initial(), { maxTotalBytes: MAX_BYTES });
  }
}
