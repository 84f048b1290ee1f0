/** The store cannot be reached, or did not answer in time: nothing may be acknowledged (B5). */
export class StoreUnavailableError extends Error {
  override readonly name: string = 'StoreUnavailableError';
}

/** There is no room for what was to be written: nothing of it was. As good as away for whoever can only wait. */
export class StoreFullError extends StoreUnavailableError {
  override readonly name: string = 'StoreFullError';
}

/** Somebody else took the session: the caller must close its connection. */
export class FencedError extends Error {
  override readonly name = 'FencedError';
}

/** As many sessions as may have a connection have one; nothing was changed. */
export class ConnectionsCeilingError extends Error {
  override readonly name = 'ConnectionsCeilingError';
}

/** The store's own settings cannot keep the promise, such as an eviction policy that drops keys. */
export class StoreConfigurationError extends Error {
  override readonly name = 'StoreConfigurationError';
}

/** The owner of a named record has as many of the kind as it may; nothing was written. */
export class RecordsExceededError extends Error {
  override readonly name = 'RecordsExceededError';
}

/** A batch that was to be stored behind another one came before it; nothing was done. */
export class OutOfTurnError extends Error {
  override readonly name = 'OutOfTurnError';
}
