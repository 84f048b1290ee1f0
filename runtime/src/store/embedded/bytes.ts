import { createHash } from 'node:crypto';

/** Writes one record into a buffer that grows. A store's records are written one after the other, so one writer serves all. */
export class ByteWriter {
  private buffer = Buffer.allocUnsafeSlow(64 * 1024);
  private at = 0;

  start(): this {
    this.at = 0;
    return this;
  }

  u8(value: number): this {
    this.reserve(1);
    this.buffer[this.at++] = value;
    return this;
  }

  u16(value: number): this {
    this.reserve(2);
    this.at = this.buffer.writeUInt16BE(value, this.at);
    return this;
  }

  u32(value: number): this {
    this.reserve(4);
    this.at = this.buffer.writeUInt32BE(value, this.at);
    return this;
  }

  /** Any number; whole numbers up to 2^53 come back exact. */
  f64(value: number): this {
    this.reserve(8);
    this.at = this.buffer.writeDoubleBE(value, this.at);
    return this;
  }

  /** At most 65,535 bytes of UTF-8, as every string of MQTT. */
  text(value: string): this {
    this.reserve(2 + value.length * 3);
    const length = this.buffer.write(value, this.at + 2);
    this.buffer.writeUInt16BE(length, this.at);
    this.at += 2 + length;
    return this;
  }

  bytes(value: Uint8Array): this {
    this.reserve(value.length);
    this.buffer.set(value, this.at);
    this.at += value.length;
    return this;
  }

  /** The record; valid until the next `start`. lmdb copies it at once inside a transaction. */
  end(): Buffer {
    return this.buffer.subarray(0, this.at);
  }

  private reserve(bytes: number): void {
    if (this.at + bytes <= this.buffer.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.max(this.buffer.length * 2, this.at + bytes));
    this.buffer.copy(grown, 0, 0, this.at);
    this.buffer = grown;
  }
}

/** Reads a record in the order in which it was written. */
export class ByteReader {
  private at = 0;

  constructor(private readonly buffer: Buffer) {}

  u8(): number {
    return this.buffer[this.at++]!;
  }

  u16(): number {
    return this.buffer.readUInt16BE((this.at += 2) - 2);
  }

  u32(): number {
    return this.buffer.readUInt32BE((this.at += 4) - 4);
  }

  f64(): number {
    return this.buffer.readDoubleBE((this.at += 8) - 8);
  }

  text(): string {
    const length = this.u16();
    return this.buffer.toString('utf8', this.at, (this.at += length));
  }

  rest(): Buffer {
    return this.buffer.subarray(this.at);
  }
}

/** lmdb takes keys up to 1,978 bytes, and a key here holds at most two texts. */
const LONGEST_PLAIN_TEXT = 480;
const HASHED = 0xffff;

/** A text as part of a key: its length first, so that no text is a prefix of another; a long one is replaced by its hash. */
export function keyText(text: string): Buffer {
  const length = Buffer.byteLength(text);
  if (length > LONGEST_PLAIN_TEXT) {
    const hashed = Buffer.allocUnsafe(34);
    hashed.writeUInt16BE(HASHED);
    createHash('sha256').update(text).digest().copy(hashed, 2);
    return hashed;
  }
  const key = Buffer.allocUnsafe(2 + length);
  key.writeUInt16BE(length);
  key.write(text, 2);
  return key;
}

/** Whole numbers up to 2^53 in eight bytes whose order is the numbers' order. */
export function writeOrdered(value: number, target: Buffer, at: number): void {
  target.writeUInt32BE(Math.floor(value / 2 ** 32), at);
  target.writeUInt32BE(value >>> 0, at + 4);
}

export function readOrdered(source: Buffer, at: number): number {
  return source.readUInt32BE(at) * 2 ** 32 + source.readUInt32BE(at + 4);
}
