/** One page of a list that fits into memory: `after` is the id of the last item of the page before. */

const DEFAULT_LIMIT = 100;

export interface PageQuery { readonly limit?: number; readonly after?: string }

/** After an id that is gone meanwhile there is nothing: the list is short, and a caller that begins anew sees all of it. */
export function pageOf<T extends { readonly id: string }>(all: readonly T[], { limit = DEFAULT_LIMIT, after }: PageQuery): { readonly items: readonly T[]; readonly next: string | null } {
  const at = after === undefined ? 0 : all.findIndex(({ id }) => id === after) + 1;
  const rest = after !== undefined && at === 0 ? [] : all.slice(at);
  const items = rest.slice(0, limit);
  return { items, next: rest.length > items.length ? items.at(-1)!.id : null };
}
