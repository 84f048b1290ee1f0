// aedes as a process of its own: node aedes-server.mjs <folder with node_modules> <port> [<port of Redis>]
import { createRequire } from 'node:module';
import net from 'node:net';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const [home, port, redisPort] = process.argv.slice(2);
const require = createRequire(path.join(home, 'package.json'));
const load = async (name) => {
  const module = await import(pathToFileURL(require.resolve(name)).href);
  return module.default ?? module;
};
const { Aedes } = await import(pathToFileURL(require.resolve('aedes')).href);

const options = {};
if (redisPort !== undefined) {
  const address = { host: '127.0.0.1', port: Number(redisPort) };
  options.persistence = (await load('aedes-persistence-redis'))({ ...address });
  // it subscribes before ioredis has asked whether the server is ready, and dies of that now and then
  options.mq = (await load('mqemitter-redis'))({ ...address, enableReadyCheck: false });
}
const aedes = await Aedes.createBroker(options);
net.createServer({ noDelay: true }, aedes.handle).listen({ port: Number(port), host: '127.0.0.1', backlog: 4096 });
