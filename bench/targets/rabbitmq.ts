import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { freePorts } from '../../test/setup/ports';
import type { Target } from '../types';
import { startProgram } from './processes';

const HOME = '/usr/lib/rabbitmq';
const SERVER = `${HOME}/bin/rabbitmq-server`;

export const rabbitmq: Target = {
  name: 'rabbitmq', title: 'RabbitMQ with its MQTT plugin',
  durability: 'durable queue: written to its files before PUBACK, without waiting for the disk',
  async version() {
    if (!existsSync(SERVER)) return null;
    return /rabbitmq_server-(\S+)/.exec(readdirSync(`${HOME}/lib`).join(' '))?.[1] ?? 'unknown';
  },
  async start({ folder }) {
    const [port, amqpPort, distPort, epmdPort] = await freePorts(4) as [number, number, number, number];
    const home = path.join(folder, 'home');
    mkdirSync(home);
    // anonymous clients are its user "guest", allowed from loopback
    writeFileSync(path.join(folder, 'rabbitmq.conf'), [
      `mqtt.listeners.tcp.1 = 127.0.0.1:${port}`, `listeners.tcp.1 = 127.0.0.1:${amqpPort}`, 'mqtt.allow_anonymous = true',
      'mqtt.tcp_listen_options.nodelay = true', 'mqtt.tcp_listen_options.backlog = 4096', 'log.file.level = error', 'log.console = false', '',
    ].join('\n'));
    writeFileSync(path.join(folder, 'enabled_plugins'), '[rabbitmq_mqtt].\n');
    const env = {
      HOME: home, RABBITMQ_NODENAME: `bench-${port}@localhost`, RABBITMQ_MNESIA_BASE: path.join(folder, 'data'), RABBITMQ_LOG_BASE: path.join(folder, 'log'),
      RABBITMQ_CONFIG_FILE: path.join(folder, 'rabbitmq.conf'), RABBITMQ_ENABLED_PLUGINS_FILE: path.join(folder, 'enabled_plugins'),
      RABBITMQ_NODE_PORT: String(amqpPort), RABBITMQ_DIST_PORT: String(distPort), ERL_EPMD_PORT: String(epmdPort), ERL_EPMD_ADDRESS: '127.0.0.1',
      // the program becomes the server itself and not its parent, so that its end is ours to see
      RUNNING_UNDER_SYSTEMD: 'true',
    };
    // its own port mapper: the one that it would start itself would outlive it
    const epmd = await startProgram(epmdPath(), [], { folder, env, port: epmdPort });
    try {
      const server = await startProgram(SERVER, [], { folder, env, port, readyWithinMs: 90_000 });
      return {
        port, processes: [{ role: 'broker', pid: server.pid }], key: null,
        async stop() {
          await server.stop();
          await epmd.stop();
        },
      };
    } catch (error) {
      await epmd.stop();
      const log = path.join(folder, 'log');
      const tail = existsSync(log) ? readdirSync(log).map((name) => readFileSync(path.join(log, name), 'utf8').slice(-1_000)).join('\n') : '';
      throw new Error(`${(error as Error).message}\n${tail}`);
    }
  },
};

/** Beside the Erlang runtime, where it is not in PATH. */
function epmdPath(): string {
  const root = '/usr/lib/erlang';
  if (existsSync('/usr/bin/epmd') || !existsSync(root)) return 'epmd';
  const runtime = readdirSync(root).find((name) => name.startsWith('erts-'));
  return runtime === undefined ? 'epmd' : path.join(root, runtime, 'bin/epmd');
}
