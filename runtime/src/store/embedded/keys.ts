import { keyText, writeOrdered } from './bytes';

/** First byte of each kind of key in the `state` table. The whole layout stands in DESIGN.md. */
export const KIND = {
  clock: 'C', identity: 'I', documents: 'D', value: 'K', gateway: 'G', batch: 'B', lease: 'E', notice: 'N',
  logNumber: 'l', logCounts: 'n', filter: 'f', wildcard: 'w', wildcardChange: 'd', releasedIndex: 'x', deadLog: 'y',
  session: 's', subscription: 'u', progress: 'p', packet: 'q', expiry: 'e', ownedBy: 'o', retained: 'r', retainedLong: 'R',
  will: 'W', owedWill: 'O', share: 'h', shareName: 'H', shareFilter: 'm', shareChange: 'M', claim: 'c', givenBack: 'b', wildcardHolders: 'a', wildcardTotal: 'A', status: 'S', statusNumber: 'T',
  record: 'v', recordRevision: 'V', recordExpiry: 'z', recordsOwned: 'Z',
  journal: 'j', journalKey: 'k', journalTime: 'J', journalFigures: 'F', rate: 'L',
} as const;

/** What every append changes. */
export const HOT_KINDS: ReadonlySet<number> = new Set([KIND.clock, KIND.batch, KIND.logCounts].map((kind) => kind.charCodeAt(0)));

type Kind = (typeof KIND)[keyof typeof KIND];

export function kindKey(kind: Kind, ...parts: readonly Buffer[]): Buffer {
  return Buffer.concat([Buffer.from(kind, 'latin1'), ...parts]);
}

export function textKey(kind: Kind, ...texts: readonly string[]): Buffer {
  return kindKey(kind, ...texts.map(keyText));
}

export function orderedBytes(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(8);
  writeOrdered(value, bytes, 0);
  return bytes;
}

export function u32Bytes(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

export function u16Bytes(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(2);
  bytes.writeUInt16BE(value);
  return bytes;
}

/** The first key behind every key that begins with this prefix. */
export function behind(prefix: Buffer): Buffer {
  const end = Buffer.from(prefix);
  for (let i = end.length - 1; i >= 0; i--) {
    if (end[i]! < 0xff) {
      end[i]!++;
      return end.subarray(0, i + 1);
    }
  }
  return Buffer.alloc(prefix.length + 1, 0xff);
}

/** Key of the index: its number, then the id of the first message of the chunk. */
export function indexKey(number: number, id: number): Buffer {
  const key = Buffer.allocUnsafe(12);
  key.writeUInt32BE(number);
  writeOrdered(id, key, 4);
  return key;
}
