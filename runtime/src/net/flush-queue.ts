export interface Flushable {
  flush(): void;
}

let waiting: Flushable[] = [];

function flushAll(): void {
  const now = waiting;
  waiting = [];
  for (const item of now) item.flush();
}

/**
 * Calls `flush` once at the end of this turn of the event loop. Writes cost more than anything else a gateway does, and
 * what it sends in one turn (the acknowledgements of a batch) can share one.
 */
export function flushSoon(item: Flushable): void {
  if (waiting.push(item) === 1) setImmediate(flushAll);
}
