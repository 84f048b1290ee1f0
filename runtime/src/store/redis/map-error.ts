import { ConnectionsCeilingError, FencedError, StoreConfigurationError, StoreFullError, StoreUnavailableError } from '../errors';

/**
 * What a caller may act on: somebody else has the session, the ceiling is reached, the settings are wrong, or "not now". Whatever
 * else Redis or the socket says counts as "not now" too: nothing may be acknowledged after it.
 */
export function mapError(error: unknown): Error {
  if (error instanceof FencedError || error instanceof ConnectionsCeilingError || error instanceof StoreConfigurationError || error instanceof StoreUnavailableError) return error;
  const text = error instanceof Error ? error.message : String(error);
  if (text.startsWith('FENCED ')) return new FencedError(text.slice('FENCED '.length), { cause: error });
  if (text.startsWith('CEILING ')) return new ConnectionsCeilingError(text.slice('CEILING '.length), { cause: error });
  if (text.startsWith('NOPERM') || text.includes('The user executing the script can')) {
    return new StoreConfigurationError(`the store user lacks a right: ${text}; give it the commands of STORE_USER_COMMANDS on the keys of its storage`, { cause: error });
  }
  const room = /^-?OOM (?!command )(.*)$/s.exec(text)?.[1]; // said by a script of ours
  if (room !== undefined) return new StoreFullError(`the store has no room for it: ${room}`, { cause: error });
  if (/^-?OOM /.test(text)) return new StoreFullError(`the memory of the store is full; raise it, or keep messages for a shorter time: ${text}`, { cause: error });
  return new StoreUnavailableError(`the store did not answer: ${text}`, { cause: error });
}
