/**
 * Ports for what a test starts. A port that was only seen to be free is anybody's until it is used: another test may be
 * told the same one, and the system may give it to an outgoing connection. So each process of tests has a block of its own,
 * below what the system gives away by itself (32768 and above, unless it was told otherwise), and holds it by listening on
 * the block's first port until it ends.
 */
import net from 'node:net';

const FIRST = 10_000;
const END = 32_000;
const BLOCK = 100;

let block: Promise<net.Server> | undefined;
let given = 0;

/** A TCP port of loopback that nobody listens on, and nobody else is told. */
export async function freePort(): Promise<number> {
  const [port] = await freePorts(1);
  return port!;
}

/** Several free ports, all different. */
export async function freePorts(count: number): Promise<number[]> {
  block ??= claimBlock();
  const first = portOf(await block);
  const ports: number[] = [];
  // Each number is taken before it is looked at, so that two calls at once get different ones.
  for (let tried = 0; ports.length < count; tried++) {
    if (tried === BLOCK) throw new Error(`no ${count} free ports from ${first} to ${first + BLOCK - 1}`);
    const port = first + 1 + (given++ % (BLOCK - 1));
    const server = await listen(port);
    if (server === null) continue;
    await new Promise((resolve) => server.close(resolve));
    ports.push(port);
  }
  return ports;
}

async function claimBlock(): Promise<net.Server> {
  const blocks = (END - FIRST) / BLOCK;
  const start = Math.floor(Math.random() * blocks);
  for (let n = 0; n < blocks; n++) {
    const server = await listen(FIRST + ((start + n) % blocks) * BLOCK);
    if (server !== null) return server.unref();
  }
  throw new Error(`every block of ports from ${FIRST} to ${END} is taken`);
}

/** Null: somebody else listens there. */
function listen(port: number): Promise<net.Server | null> {
  return new Promise((resolve, reject) => {
    const server = net.createServer((socket) => socket.destroy());
    server.once('error', (error: NodeJS.ErrnoException) => (error.code === 'EADDRINUSE' ? resolve(null) : reject(error)));
    server.listen(port, '127.0.0.1', () => resolve(server));
  });
}

function portOf(server: net.Server): number {
  return (server.address() as net.AddressInfo).port;
}
