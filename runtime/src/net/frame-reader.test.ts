import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { connect, publish, remainingLength, subscribe } from '../../../test/gateway/packets';
import { parseFrameHeader } from './frame-header';
import { FrameReader, type FrameSink } from './frame-reader';

class Frames implements FrameSink {
  readonly frames: Buffer[] = [];
  malformed = false;
  constructor(private readonly stopAfter = Number.MAX_SAFE_INTEGER, private readonly maximum = Number.MAX_SAFE_INTEGER) {}
  header(_first: number, length: number): boolean {
    return length <= this.maximum;
  }
  frame(buffer: Buffer, start: number, _bodyStart: number, end: number): boolean {
    return this.frames.push(Buffer.from(buffer.subarray(start, end))) < this.stopAfter;
  }
  malformedLength(): void {
    this.malformed = true;
  }
}

const anyPacket = fc.oneof(
  fc.constant(connect()),
  fc.constant(subscribe([['a/#', 1]])),
  fc.constant(Buffer.from([0xc0, 0x00])),
  fc.uint8Array({ maxLength: 300 }).map((payload) => publish('a/b', Buffer.from(payload), 1)),
  fc.integer({ min: 16_000, max: 17_000 }).map((size) => publish('a', Buffer.alloc(size, 7))),
);

/** Cuts the bytes at the given places. */
function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const at = [0, ...places.map((place) => place % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  return at.slice(1).map((end, i) => bytes.subarray(at[i], end));
}

describe('fixed header', () => {
  it.each([
    [[0xc0, 0x00], 12, 0, 2, 0], [[0x32, 0x7f], 3, 2, 2, 127], [[0x30, 0x80, 0x01], 3, 0, 3, 128], [[0x30, 0xff, 0xff, 0xff, 0x7f], 3, 0, 5, 268_435_455],
    [[0x30, 0x80, 0x00], 3, 0, 3, 0],
  ])('%j', (bytes, type, flags, headerLength, length) => {
    expect(parseFrameHeader(Buffer.from(bytes))).toEqual({ type, flags, headerLength, remainingLength: length });
  });

  it('is incomplete while bytes are missing, malformed with a fifth length byte [MQTT-2.2.3]', () => {
    expect(parseFrameHeader(Buffer.from([]))).toBe('incomplete');
    expect(parseFrameHeader(Buffer.from([0x30]))).toBe('incomplete');
    expect(parseFrameHeader(Buffer.from([0x30, 0x80, 0x80, 0x80]))).toBe('incomplete');
    expect(parseFrameHeader(Buffer.from([0x30, 0x80, 0x80, 0x80, 0x80]))).toBe('malformed');
  });

  it('reads what is written, for every length', () => {
    fc.assert(fc.property(fc.integer({ min: 0, max: 268_435_455 }), (length) => {
      const bytes = remainingLength(length);
      expect(parseFrameHeader(Buffer.concat([Buffer.from([0x30]), bytes]))).toMatchObject({ remainingLength: length, headerLength: 1 + bytes.length });
    }));
  });
});

describe('frames of a byte stream', () => {
  it('any chunking of any packets gives the same frames', () => {
    fc.assert(fc.property(fc.array(anyPacket, { maxLength: 8 }), fc.array(fc.nat(), { maxLength: 12 }), (packets, places) => {
      const sink = new Frames();
      const reader = new FrameReader();
      for (const chunk of cut(Buffer.concat(packets), places)) expect(reader.push(chunk, sink)).toBe(chunk.length);
      expect(sink.frames).toEqual(packets);
      expect(reader.partialBytes).toBe(0);
    }));
  });

  it('byte by byte gives the same frames, and what is kept is what has arrived', () => {
    const packets = [connect(), publish('a', Buffer.alloc(300)), subscribe([['x', 0]])];
    const sink = new Frames();
    const reader = new FrameReader();
    for (const byte of Buffer.concat(packets)) reader.push(Buffer.from([byte]), sink);
    expect(sink.frames).toEqual(packets);
  });

  it('stops where the sink stops and says how much it took, wherever the chunks are cut', () => {
    fc.assert(fc.property(fc.array(anyPacket, { minLength: 2, maxLength: 5 }), fc.array(fc.nat(), { maxLength: 6 }), (packets, places) => {
      const sink = new Frames(1);
      const reader = new FrameReader();
      const rest: Buffer[] = [];
      for (const chunk of cut(Buffer.concat(packets), places)) {
        if (sink.frames.length > 0) rest.push(chunk);
        else rest.push(chunk.subarray(reader.push(chunk, sink)));
      }
      expect(sink.frames).toEqual([packets[0]]);
      expect(Buffer.concat(rest)).toEqual(Buffer.concat(packets.slice(1)));
    }));
  });

  it('asks before it keeps a byte of a body', () => {
    const reader = new FrameReader();
    const sink = new Frames(9, 100);
    reader.push(Buffer.from([0x30, 0xff, 0xff, 0xff, 0x7f, 1, 2, 3]), sink);
    expect(reader.partialBytes).toBe(0);
    reader.push(Buffer.from([0x30]), sink);
    reader.push(Buffer.concat([Buffer.from([0xff, 0x7f]), Buffer.alloc(5_000)]), sink);
    expect(reader.partialBytes).toBeLessThan(5);
    expect(sink.frames).toEqual([]);
  });
});
