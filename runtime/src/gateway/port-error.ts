/** A port that cannot be taken, in words. */
import type { ListenerBinding } from '../../../lib/manifest/manifest';
import { EXIT, UserError } from '../user-error';

export class PortError extends UserError {
  constructor(message: string, readonly listener: string, readonly port: number) {
    super(message, EXIT.inUse);
  }
}

/** undefined: the error is about something else. */
export function portError(error: unknown, listener: string, { bindAddress, port }: ListenerBinding): PortError | undefined {
  const { code } = error as NodeJS.ErrnoException;
  const place = `port ${port} on ${bindAddress} (listener ${listener})`;
  if (code === 'EADDRINUSE') return new PortError(`${place} is used by another process; stop that one, or give this listener another port`, listener, port);
  if (code === 'EACCES') return new PortError(`${place} may not be opened by this user; give this listener a port from 1024, or run with the right to open low ports`, listener, port);
  if (code === 'EADDRNOTAVAIL') return new PortError(`${place} cannot be opened: this machine does not have that address; name one that it has, such as 127.0.0.1`, listener, port);
  return undefined;
}
