/**
 * One process a data folder. The lock is a socket that the process listens on, not a file with a process id: the system
 * closes it however the process ends, so a kill leaves nothing to clean up by hand and a reused process id fools nobody.
 */
import { createHash } from 'node:crypto';
import { realpathSync, rmSync } from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { EXIT, UserError } from '../user-error';

export interface FolderLock { release(): Promise<void> }

export async function lockFolder(folder: string): Promise<FolderLock> {
  const address = lockAddress(folder);
  const server = await listen(address) ?? await listenAfterCleaning(address);
  if (!server) {
    throw new UserError(`the data folder ${folder} is used by another mqttgw; stop that one, or name another folder with --data`, EXIT.inUse);
  }
  return { release: () => new Promise((resolve) => server.close(() => resolve())) };
}

/** A socket's path has room for about 100 characters, so it cannot stand in the folder itself. */
function lockAddress(folder: string): string {
  const name = createHash('sha256').update(realpathSync(folder)).digest('hex').slice(0, 24);
  if (process.platform === 'win32') return `\\\\.\\pipe\\mqttgw-${name}`;
  return path.join(os.tmpdir(), `mqttgw-${process.getuid?.() ?? 0}-${name}.lock`);
}

/** undefined: the address is taken. */
function listen(address: string): Promise<net.Server | undefined> {
  return new Promise((resolve, reject) => {
    const server = net.createServer((socket) => socket.destroy());
    server.once('error', (error: NodeJS.ErrnoException) => (error.code === 'EADDRINUSE' ? resolve(undefined) : reject(error)));
    server.listen(address, () => resolve(server.unref()));
  });
}

/** A killed process leaves the socket's file, on which nobody answers. */
async function listenAfterCleaning(address: string): Promise<net.Server | undefined> {
  if (await answers(address)) return undefined;
  rmSync(address, { force: true });
  return listen(address);
}

function answers(address: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect(address);
    socket.once('connect', () => { socket.destroy(); resolve(true); });
    socket.once('error', () => resolve(false));
  });
}
