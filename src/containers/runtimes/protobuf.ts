import type {Buffer} from 'node:buffer';

/** Bytes that are no protobuf message of the kind that was asked for. */
export class Malformed extends Error {
  override name = 'Malformed';
}

/** The wire types that are in use; groups (3, 4) left the format long ago. */
const VARINT = 0;
const FIXED64 = 1;
const BYTES = 2;
const FIXED32 = 5;

/**
 * Walks the fields of one message without making objects of what isn't asked for. Every length is checked against the
 * message that holds it; a message within it is walked only where the caller expects one, so depth is the caller's.
 *
 *   while (message.next()) if (message.field === 1) id = message.text(256);
 */
export class Message {
  field = 0;
  private wire = VARINT;
  private value = 0;
  private from = 0;
  private at: number;

  constructor(
    private readonly bytes: Buffer,
    start = 0,
    private readonly end = bytes.length,
  ) {
    this.at = start;
  }

  /** Goes to the next field, past what the last one holds. */
  next(): boolean {
    if (this.at >= this.end) return false;
    const tag = this.varint();
    this.field = Math.floor(tag / 8);
    this.wire = tag % 8;
    if (this.field < 1 || tag > 0xffff_ffff) throw new Malformed('a field without a number');
    this.value = this.wire === VARINT || this.wire === BYTES ? this.varint() : 0;
    this.from = this.at;
    this.at += this.size();
    if (this.at > this.end) throw new Malformed('a field that is longer than its message');
    return true;
  }

  /** Text of up to `max` bytes of UTF-8 (longer: cut); undefined when the field holds a number. */
  text(max: number): string | undefined {
    if (this.wire !== BYTES) return undefined;
    return this.bytes.toString('utf8', this.from, Math.min(this.at, this.from + max));
  }

  /** Undefined when the field holds text. Inexact past 2^53. */
  number(): number | undefined {
    return this.wire === VARINT ? this.value : undefined;
  }

  /** The message that the field holds; an empty one when it holds a number. */
  message(): Message {
    return this.wire === BYTES ? new Message(this.bytes, this.from, this.at) : new Message(this.bytes, 0, 0);
  }

  private size(): number {
    if (this.wire === VARINT) return 0;
    if (this.wire === BYTES) return this.value;
    if (this.wire === FIXED64) return 8;
    if (this.wire === FIXED32) return 4;
    throw new Malformed(`a field of the unknown type ${this.wire}`);
  }

  private varint(): number {
    let value = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      if (this.at >= this.end) break;
      const byte = this.bytes[this.at++];
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    throw new Malformed('a number that does not end');
  }
}
