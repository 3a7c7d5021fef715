/** Writes small BTF blobs, type by type. */
export class BtfBlob {
  private readonly strings = [''];
  private length = 1;
  private readonly types: Buffer[] = [];

  /** The number of the type that was added. */
  int(name: string, bytes: number, signed: boolean): number {
    return this.add(name, 1, 0, bytes, [((signed ? 1 : 0) << 24) | (bytes * 8)]);
  }

  pointer(to: number): number {
    return this.add('', 2, 0, to);
  }

  constant(of: number): number {
    return this.add('', 10, 0, of);
  }

  typedef(name: string, of: number): number {
    return this.add(name, 8, 0, of);
  }

  struct(name: string, bytes: number): number {
    return this.add(name, 4, 0, bytes);
  }

  /** A function; `result` 0 is void. */
  func(name: string, result: number, parameters: [name: string, type: number][]): void {
    const members = parameters.flatMap(([each, type]) => [this.text(each), type]);
    const prototype = this.add('', 13, parameters.length, result, members);
    this.add(name, 12, 0, prototype);
  }

  bytes(): Buffer {
    const types = Buffer.concat(this.types);
    const strings = Buffer.from(`${this.strings.join('\0')}\0`, 'latin1');
    const header = Buffer.alloc(24);
    header.writeUInt16LE(0xeb9f, 0);
    header.writeUInt8(1, 2);
    header.writeUInt32LE(24, 4);
    header.writeUInt32LE(0, 8);
    header.writeUInt32LE(types.length, 12);
    header.writeUInt32LE(types.length, 16);
    header.writeUInt32LE(strings.length, 20);
    return Buffer.concat([header, types, strings]);
  }

  private add(name: string, kind: number, members: number, size: number, more: number[] = []): number {
    const words = Uint32Array.from([this.text(name), ((kind << 24) | members) >>> 0, size, ...more]);
    this.types.push(Buffer.from(words.buffer));
    return this.types.length;
  }

  private text(text: string): number {
    if (text === '') return 0;
    const known = this.strings.indexOf(text);
    if (known > 0) return this.strings.slice(0, known).reduce((sum, each) => sum + each.length + 1, 0);
    const at = this.length;
    this.strings.push(text);
    this.length += text.length + 1;
    return at;
  }
}
