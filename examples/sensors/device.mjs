/**
 * A fleet of simulated sensors. Each publishes a temperature at QoS 1, keeps what it measures while the gateway is away and sends
 * it afterwards, and prints what it hears: commands, and firmware. `npm install mqtt`, then `node device.mjs`.
 *
 *   MQTTGW_…    as in connect.mjs; the secret is that of the key `sensors`
 *   DEVICES     how many sensors; default 4
 *   HALLS       in how many halls they stand; default 2
 *   INTERVAL    milliseconds between two measurements of a sensor; default 1000. `commands/<hall>/<sensor>` changes it
 *   COUNT       end when every sensor has sent so many; default: run for ever
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { connect, subscribe } from './connect.mjs';

const { DEVICES = '4', HALLS = '2', INTERVAL = '1000', COUNT = 'Infinity' } = process.env;
const KEPT = 10_000; // measurements that a sensor keeps while the gateway is away

async function run(number) {
  const sensor = `sensor-${number}`;
  const hall = `hall-${1 + ((number - 1) % Number(HALLS))}`;
  const client = connect('sensors', `GID_sensors@@@${sensor}`);
  let interval = Number(INTERVAL);
  client.on('message', (topic, payload) => {
    console.log(`${sensor} hears ${topic}: ${payload}`);
    if (topic === `commands/${hall}/${sensor}` && Number(payload) >= 1) interval = Number(payload);
  });
  await subscribe(client, [`commands/${hall}/${sensor}`, 'firmware/#']);
  console.log(`${sensor} is ready`);

  const waiting = new Set();
  for (let n = 0; n < Number(COUNT); n++) {
    if (waiting.size < KEPT) {
      const measurement = { at: Date.now(), value: temperature(hall, n) };
      // not awaited: while the gateway is away it waits in the client, which sends it when it is back, in this order
      const stored = client.publishAsync(`measurements/${hall}/${sensor}/temperature`, JSON.stringify(measurement), { qos: 1 });
      waiting.add(stored);
      stored.catch((error) => console.error(`${sensor}: ${error.message}`)).finally(() => waiting.delete(stored));
    } else {
      console.error(`${sensor} keeps ${KEPT} measurements and drops the newest: the gateway is away for too long`);
    }
    await sleep(interval);
  }
  await Promise.allSettled(waiting); // PUBACK: they are stored
  await client.endAsync();
}

/** Instead of a thermometer. */
function temperature(hall, n) {
  return Number((20 + Number(hall.slice('hall-'.length)) + Math.sin(n / 10)).toFixed(2));
}

await Promise.all(Array.from({ length: Number(DEVICES) }, (_, index) => run(index + 1)));
console.log('done');
