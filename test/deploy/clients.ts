/** Ordinary MQTT clients with signed passwords: mqtt.js and mosquitto's. */
import { spawn } from 'node:child_process';
import mqtt, { type IClientOptions, type MqttClient } from 'mqtt';
import { signPassword } from '../../runtime/src/auth/signature';
import { deployEnvironment } from '../setup/environment';
import { eventually } from './harness';
import { run } from './run';

export interface Key {
  readonly instanceId: string;
  readonly keyId: string;
  readonly secret: string;
}

export interface Received {
  readonly topic: string;
  readonly payload: string;
  readonly qos: number;
}

export class TestClient {
  readonly received: Received[] = [];
  /** How often the connection was lost. */
  closes = 0;

  private constructor(readonly mqtt: MqttClient) {
    mqtt.on('message', (topic, payload, { qos }) => void this.received.push({ topic, payload: payload.toString(), qos }));
    mqtt.on('close', () => this.closes++);
  }

  /** Rejects with the CONNACK code in `code` when refused. Comes back by itself only with `reconnectPeriod`. */
  static async connect(url: string, key: Key, clientId: string, options: Partial<IClientOptions> = {}): Promise<TestClient> {
    const client = mqtt.connect(url, {
      clientId, ...credentials(key, clientId), protocolVersion: 4, reconnectPeriod: 0, connectTimeout: 15_000, rejectUnauthorized: false, ...options,
    });
    client.on('error', () => undefined); // one that comes back by itself may be refused meanwhile
    const made = new TestClient(client);
    await new Promise<void>((resolve, reject) => {
      client.once('connect', () => resolve());
      if (!options.reconnectPeriod) client.once('error', reject).once('close', () => reject(new Error('closed before CONNACK')));
    });
    return made;
  }

  subscribe(filter: string, qos: 0 | 1 | 2): Promise<unknown> {
    return this.mqtt.subscribeAsync(filter, { qos });
  }

  publish(topic: string, payload: string, qos: 0 | 1 | 2): Promise<unknown> {
    return this.mqtt.publishAsync(topic, payload, { qos });
  }

  until(count: number, timeoutMs = 20_000): Promise<Received[]> {
    return eventually(`${count} messages (${this.received.length} so far)`, () => this.received.length >= count && this.received, timeoutMs);
  }

  end(): Promise<void> {
    return this.mqtt.endAsync();
  }
}

export function credentials({ instanceId, keyId, secret }: Key, clientId: string): { username: string; password: string } {
  return { username: `Signature|${keyId}|${instanceId}`, password: signPassword(secret, clientId) };
}

/** Return code of a refused CONNECT; 0 when it was accepted; undefined when there was no answer. */
export async function connectCode(url: string, key: Key, clientId: string): Promise<number | undefined> {
  try {
    const client = await TestClient.connect(url, key, clientId, { connectTimeout: 5_000 });
    await client.end();
    return 0;
  } catch (error) {
    return (error as { code?: number }).code;
  }
}

function mosquittoArgs(endpoint: string, key: Key, clientId: string): string[] {
  const [host, port] = endpoint.split(':');
  const { username, password } = credentials(key, clientId);
  return ['-h', host!, '-p', port!, '-V', 'mqttv311', '-i', clientId, '-u', username, '-P', password];
}

export function mosquittoPub(endpoint: string, key: Key, clientId: string, topic: string, payload: string, qos: number): Promise<string> {
  return run('mosquitto_pub', [...mosquittoArgs(endpoint, key, clientId), '-t', topic, '-m', payload, '-q', String(qos)], { timeoutMs: 30_000 });
}

/** Subscribes; `lines` gives what arrived as soon as there are `count` messages. */
export function mosquittoSub(endpoint: string, key: Key, clientId: string, filter: string, count: number): { subscribed: Promise<void>; lines: Promise<string[]> } {
  const args = [...mosquittoArgs(endpoint, key, clientId), '-t', filter, '-q', '2', '-C', String(count), '-W', '60', '-d', '-F', 'GOT %t %q %p'];
  // line by line, or what it prints would stay in its buffer
  const child = spawn('stdbuf', ['-oL', 'mosquitto_sub', ...args], { env: deployEnvironment() });
  let text = '';
  child.stdout.on('data', (data) => (text += data));
  child.stderr.on('data', (data) => (text += data));
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  return {
    subscribed: eventually('mosquitto_sub has subscribed', () => /SUBACK|Subscribed/.test(text), 30_000).then(() => undefined),
    lines: ended.then(() => text.split('\n').filter((line) => line.startsWith('GOT ')).map((line) => line.slice(4))),
  };
}

/** Publishes numbers at QoS 1 without end and remembers which were acknowledged, through every lost connection. */
export class Load {
  readonly acknowledged: number[] = [];
  private next = 1;
  private stopped = false;
  private readonly done: Promise<void>;

  constructor(private readonly client: TestClient, private readonly topic: string, window = 20) {
    this.done = Promise.all(Array.from({ length: window }, () => this.sendOn())).then(() => undefined);
  }

  private async sendOn(): Promise<void> {
    while (!this.stopped) {
      const number = this.next++;
      await this.client.publish(this.topic, String(number), 1);
      this.acknowledged.push(number);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  /** Waits until everything sent is acknowledged. */
  async stop(): Promise<void> {
    this.stopped = true;
    await this.done;
  }
}

/** What was acknowledged and never arrived. */
export function missing(acknowledged: readonly number[], received: readonly Received[]): number[] {
  const got = new Set(received.map(({ payload }) => Number(payload)));
  return acknowledged.filter((number) => !got.has(number));
}
