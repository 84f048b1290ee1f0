import type { ComponentChildren } from 'preact';

export interface Column<T> {
  readonly key: string;
  readonly label: string;
  readonly cell: (row: T) => ComponentChildren;
  /** Figures stand at the right, so that their digits line up. */
  readonly figure?: boolean;
  /** What the row is called: it heads the card on a narrow screen. */
  readonly head?: boolean;
  /** The buttons of a row. */
  readonly actions?: boolean;
}

/** A table that becomes a list of cards where there is no room for its columns. */
export function DataTable<T>({ caption, columns, rows, keyOf }: { caption: string; columns: readonly Column<T>[]; rows: readonly T[]; keyOf: (row: T) => string }) {
  const classOf = ({ figure, head, actions }: Column<T>): string => [figure && 'figure', head && 'head', actions && 'row-actions'].filter(Boolean).join(' ');
  return (
    <div class="table-scroll">
      <table class="table">
        <caption class="visually-hidden">{caption}</caption>
        <thead><tr>{columns.map((column) => <th key={column.key} scope="col" class={classOf(column)}>{column.actions ? <span class="visually-hidden">{column.label}</span> : column.label}</th>)}</tr></thead>
        <tbody>
          {rows.map((row) => (
            <tr key={keyOf(row)}>
              {columns.map((column) => column.head
                ? <th key={column.key} scope="row" class={classOf(column)}>{column.cell(row)}</th>
                : <td key={column.key} class={classOf(column)} data-label={column.label}>{column.cell(row)}</td>)}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
