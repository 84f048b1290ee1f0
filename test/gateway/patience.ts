/** For what must happen: a busy machine may take its time, and a test that waits for nothing else ends at once. */
export const PATIENCE_MS = 60_000;
