/** A6 and I2: a store's URL says where it is and no more; user and password stand apart, so that the URL may be shown. */
import { Finding, show } from './finding';

/** Host and port, then perhaps the number of a database. No `@`, `?` or `#`: clients of Redis read a password from each. */
const STORE_URL = /^rediss?:\/\/(\[[0-9a-f:.]+\]|[^@/?#:[\]\s]+)(:(\d{1,5}))?(\/\d*)?$/i;

/** Also what somebody wrote who forgot the `@`: anything behind a colon but a port. */
const MAY_HOLD_SECRET = /[@?#]|:\/\/.*:(\D|.*:)/;

/** The finding never repeats a URL that may hold a password. */
export function checkStoreUrl(url: string): Finding[] {
  const matched = STORE_URL.exec(url);
  if (matched && Number(matched[3] ?? 1) <= 65_535) return [];
  const secret = MAY_HOLD_SECRET.test(url);
  return [{
    rule: 'I2', subject: 'URL of the store', got: secret ? 'one with more in it than scheme, host and port' : show(url),
    allowed: 'redis://host:port or rediss://host:port', fix: secret ? 'give user and password apart, as username and password' : 'write scheme, host and port alone',
  }];
}
