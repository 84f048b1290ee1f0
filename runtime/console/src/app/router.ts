/** Routes stand behind the `#`: a reload keeps them, and the gateway serves one page. */
import { useEffect, useState } from 'preact/hooks';

export interface Route {
  readonly page: string;
  /** What follows the page, decoded: `#/topics/demo` has `demo`. */
  readonly rest: readonly string[];
  readonly query: URLSearchParams;
}

export function parseRoute(hash: string): Route {
  const [path = '', search = ''] = hash.replace(/^#\/?/, '').split(/\?(.*)/s);
  const [page = '', ...rest] = path.split('/').map(decode);
  return { page: page === '' ? 'overview' : page, rest, query: new URLSearchParams(search) };
}

function decode(part: string): string {
  try { return decodeURIComponent(part); } catch { return part; }
}

export function href(page: string, rest: readonly (string | number)[] = [], query: { readonly [name: string]: string | undefined } = {}): string {
  const search = new URLSearchParams(Object.entries(query).filter((entry): entry is [string, string] => entry[1] !== undefined && entry[1] !== '')).toString();
  return `#/${[page, ...rest.map((part) => encodeURIComponent(part))].join('/')}${search === '' ? '' : `?${search}`}`;
}

export function go(to: string): void { location.hash = to; }

export function useRoute(): Route {
  const [hash, setHash] = useState(location.hash);
  useEffect(() => {
    const changed = (): void => setHash(location.hash);
    addEventListener('hashchange', changed);
    return () => removeEventListener('hashchange', changed);
  }, []);
  return parseRoute(hash);
}
