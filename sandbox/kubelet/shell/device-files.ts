import { InMemoryFs, unsafeBytesFromLatin1 } from 'just-bash';

/** What stands behind a path instead of stored bytes. Bytes are latin1 text. */
export interface Device {
  read?(): Promise<string>;
  write?(bytes: string): void;
}

const ZEROS = 1 << 17;

/** An in-memory file system with devices: reads wait for them, writes go to them at once. */
export class DeviceFiles extends InMemoryFs {
  private readonly devices = new Map<string, Device>([
    ['/dev/null', { read: async () => '', write: () => undefined }],
    ['/dev/zero', { read: async () => '\0'.repeat(ZEROS), write: () => undefined }],
  ]);

  /** Returns how to take it away again. */
  attach(path: string, device: Device): () => void {
    this.writeFileSync(path, '');
    this.devices.set(path, device);
    return () => {
      this.devices.delete(path);
      void this.rm(path, { force: true });
    };
  }

  override async readFileBytes(path: string): ReturnType<InMemoryFs['readFileBytes']> {
    const read = this.devices.get(path)?.read;
    if (!read) return super.readFileBytes(path);
    return unsafeBytesFromLatin1(await read());
  }

  override async readFileBuffer(path: string): Promise<Uint8Array> {
    const read = this.devices.get(path)?.read;
    return read ? Buffer.from(await read(), 'latin1') : super.readFileBuffer(path);
  }

  override async readFile(...[path, options]: Parameters<InMemoryFs['readFile']>): Promise<string> {
    const read = this.devices.get(path)?.read;
    return read ? Buffer.from(await read(), 'latin1').toString('utf8') : super.readFile(path, options);
  }

  override async appendFile(
    ...[path, content, options]: Parameters<InMemoryFs['appendFile']>
  ): Promise<void> {
    if (!this.divert(path, content, options)) await super.appendFile(path, content, options);
  }

  override async writeFile(...[path, content, options]: Parameters<InMemoryFs['writeFile']>): Promise<void> {
    if (!this.divert(path, content, options)) await super.writeFile(path, content, options);
  }

  private divert(...[path, content, options]: Parameters<InMemoryFs['appendFile']>): boolean {
    const device = this.devices.get(path);
    if (!device?.write) return false;
    const encoding = typeof options === 'string' ? options : options?.encoding;
    const bytes =
      typeof content !== 'string'
        ? Buffer.from(content).toString('latin1')
        : encoding === 'binary' || encoding === 'latin1'
          ? content
          : Buffer.from(content, 'utf8').toString('latin1');
    if (bytes) device.write(bytes);
    return true;
  }
}
