export interface Note {
  provider: string;
  name: string;
  arguments?: string;
}

const align = (bytes: Buffer) => Buffer.concat([bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)]);

function noteOf({provider, name, arguments: places = ''}: Note): Buffer {
  const addresses = Buffer.alloc(24);
  addresses.writeBigUInt64LE(0x1000n, 0);
  const description = Buffer.concat([addresses, Buffer.from(`${provider}\0${name}\0${places}\0`)]);
  const header = Buffer.alloc(12);
  header.writeUInt32LE(8, 0);
  header.writeUInt32LE(description.length, 4);
  header.writeUInt32LE(3, 8);
  return Buffer.concat([header, Buffer.from('stapsdt\0'), align(description)]);
}

/** A 64-bit ELF file with nothing but USDT notes. */
export function elfWith(notes: readonly Note[]): Buffer {
  const body = Buffer.concat(notes.map(noteOf));
  const header = Buffer.alloc(64);
  header.write('\x7fELF', 'latin1');
  header.writeUInt8(2, 4);
  header.writeUInt8(1, 5);
  header.writeBigUInt64LE(BigInt(64 + body.length), 40);
  header.writeUInt16LE(1, 60);
  const section = Buffer.alloc(64);
  section.writeUInt32LE(7, 4);
  section.writeBigUInt64LE(64n, 24);
  section.writeBigUInt64LE(BigInt(body.length), 32);
  return Buffer.concat([header, body, section]);
}
