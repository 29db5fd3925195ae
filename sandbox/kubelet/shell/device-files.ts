import { type InMemoryFs, MountableFs, unsafeBytesFromLatin1 } from 'just-bash';

const ZEROS = 1 << 17;

/** What a device gives to a tool that reads it as a whole. */
const DEVICES: Readonly<Record<string, () => string>> = {
  '/dev/null': () => '',
  '/dev/stdin': () => '',
  '/dev/tty': () => '',
  '/dev/zero': () => '\0'.repeat(ZEROS),
  '/dev/random': () => '\0'.repeat(ZEROS),
  '/dev/urandom': () => '\0'.repeat(ZEROS),
};

type Write = InMemoryFs['writeFile'];

/** The files of a container in memory: its own, those of its volumes, and devices; parts cannot be changed. */
export class DeviceFiles extends MountableFs {
  isReadOnly: (path: string) => boolean = () => false;
  private readonly collected = new Map<string, Buffer[]>();

  /** What is written to the path from now on becomes no file, but is kept until it is taken. */
  collect(path: string): void {
    this.collected.set(path, []);
  }

  take(path: string): Buffer {
    const pieces = this.collected.get(path) ?? [];
    this.collected.delete(path);
    return Buffer.concat(pieces);
  }

  override async readFileBytes(path: string): ReturnType<MountableFs['readFileBytes']> {
    const device = DEVICES[path];
    return device ? unsafeBytesFromLatin1(device()) : super.readFileBytes(path);
  }

  override async readFileBuffer(path: string): Promise<Uint8Array> {
    const device = DEVICES[path];
    return device ? Buffer.from(device(), 'latin1') : super.readFileBuffer(path);
  }

  override async readFile(...[path, options]: Parameters<InMemoryFs['readFile']>): Promise<string> {
    return DEVICES[path]?.() ?? super.readFile(path, options);
  }

  override async appendFile(...given: Parameters<Write>): Promise<void> {
    if (this.isFile(given)) await super.appendFile(...given);
  }

  override async writeFile(...given: Parameters<Write>): Promise<void> {
    if (this.collected.has(given[0])) this.collect(given[0]);
    if (this.isFile(given)) await super.writeFile(...given);
  }

  override async mkdir(...given: Parameters<InMemoryFs['mkdir']>): Promise<void> {
    this.isWritable(given[0]);
    await super.mkdir(...given);
  }

  override async rm(...given: Parameters<InMemoryFs['rm']>): Promise<void> {
    this.isWritable(given[0]);
    await super.rm(...given);
  }

  override async mv(...given: Parameters<InMemoryFs['mv']>): Promise<void> {
    this.isWritable(given[0]);
    await super.mv(...given);
  }

  /** False for what is a device, or is collected. */
  private isFile([path, content, options]: Parameters<Write>): boolean {
    const pieces = this.collected.get(path);
    if (!pieces) return this.isWritable(path);
    const encoding = typeof options === 'string' ? options : options?.encoding;
    pieces.push(
      typeof content === 'string'
        ? Buffer.from(content, encoding === 'binary' ? 'latin1' : (encoding ?? 'utf8'))
        : Buffer.from(content),
    );
    return false;
  }

  /** False for devices, which take everything. Throws where nothing can be changed. */
  private isWritable(path: string): boolean {
    if (this.isReadOnly(path)) throw new Error(`EROFS: Read-only file system, '${path}'`);
    return !(path in DEVICES);
  }
}
