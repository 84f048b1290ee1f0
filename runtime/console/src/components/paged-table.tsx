import type { ComponentChildren } from 'preact';
import type { Pages } from '../api/use-pages';
import { ErrorNote, Skeleton, Unavailable } from './states';
import { DataTable, type Column } from './table';

/** A list that is read page by page, or what stands in its place. */
export function PagedTable<T>({ pages, caption, columns, keyOf, empty }: { pages: Pages<T>; caption: string; columns: readonly Column<T>[]; keyOf: (row: T, index: number) => string; empty: ComponentChildren }) {
  const { items, error, more } = pages;
  if (error?.isUnavailable) return <Unavailable />;
  if (!items) return error ? <ErrorNote error={error} onRetry={pages.refresh} /> : <Skeleton rows={4} />;
  if (items.length === 0 && !more) return <>{empty}</>;
  return <DataTable caption={caption} columns={columns} rows={items} keyOf={(row) => keyOf(row, items.indexOf(row))} />;
}
