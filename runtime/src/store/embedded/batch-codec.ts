import type { AppendResult } from '../contract';
import { ByteReader, ByteWriter } from './bytes';

const writer = new ByteWriter();
const STORED = 0;
const DUPLICATE = 1;
const REFUSED = 2;
const REASONS = ['fenced', 'full', 'rejected'] as const;

/** A run of stored messages with neighbouring ids takes 13 bytes, so the usual batch is one small record. */
export function encodeBatch(batch: number, results: readonly AppendResult[]): Buffer {
  writer.start().f64(batch).u32(results.length);
  for (let i = 0; i < results.length; i++) {
    const result = results[i]!;
    if (!result.ok) writer.u8(REFUSED).u8(REASONS.indexOf(result.reason)).text(result.message);
    else if (result.duplicate) writer.u8(DUPLICATE).f64(result.id);
    else {
      let length = 1;
      for (let next = results[i + 1]; next?.ok && !next.duplicate && next.id === result.id + length; next = results[i + length]) length++;
      writer.u8(STORED).f64(result.id).u32(length);
      i += length - 1;
    }
  }
  return writer.end();
}

/** The number alone: an append asks for no more, unless its batch comes again. */
export function batchNumberOf(record: Buffer): number {
  return record.readDoubleBE(0);
}

export function resultsOf(record: Buffer): AppendResult[] {
  const reader = new ByteReader(record);
  reader.f64(); // the number
  const count = reader.u32();
  const results: AppendResult[] = [];
  while (results.length < count) {
    const kind = reader.u8();
    if (kind === REFUSED) results.push({ ok: false, reason: REASONS[reader.u8()]!, message: reader.text() });
    else if (kind === DUPLICATE) results.push({ ok: true, id: reader.f64(), duplicate: true });
    else {
      const first = reader.f64();
      for (let i = 0, length = reader.u32(); i < length; i++) results.push({ ok: true, id: first + i, duplicate: false });
    }
  }
  return results;
}
