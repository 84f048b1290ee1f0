/**
 * Exact filters are counted in this many hashes, so that each stays small enough for Redis to keep it packed (about 35 bytes
 * a filter). Part of the stored layout: it never changes.
 */
const BUCKETS = 16_384;

/** FNV-1a over the UTF-16 code units of an exact filter or a topic. */
export function filterBucket(filter: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < filter.length; i++) {
    hash = Math.imul(hash ^ filter.charCodeAt(i), 0x01000193);
  }
  return (hash >>> 0) % BUCKETS;
}
