/**
 * Reads what the sensors measure and prints running averages, of each hall and of each sensor. `npm install mqtt`, then
 * `node dashboard.mjs`.
 *
 *   MQTTGW_…    as in connect.mjs; the secret is that of the key `dashboards`
 *   PERIOD      milliseconds between two tables; default 5000
 *   COUNT       end after so many measurements, with a last table; default: run for ever
 */
import { connect, subscribe } from './connect.mjs';

const { PERIOD = '5000', COUNT = 'Infinity' } = process.env;
const averages = new Map(); // a hall, or hall/sensor → sum and number
const newest = new Map(); // hall/sensor → when it measured last
let read = 0;

const client = connect('dashboards', 'GID_dashboards@@@dashboard-1');
const enough = new Promise((resolve) => {
  client.on('message', (topic, payload) => {
    const [, hall, sensor] = topic.split('/');
    const { at, value } = parse(payload);
    const from = `${hall}/${sensor}`;
    if (!Number.isFinite(at) || !Number.isFinite(value)) return console.error(`${topic}: no measurement: ${payload}`);
    // at QoS 1 a message may come twice; those of a sensor come in their order
    if (at <= (newest.get(from) ?? 0)) return;
    newest.set(from, at);
    for (const of of [hall, from]) {
      const { sum, number } = averages.get(of) ?? { sum: 0, number: 0 };
      averages.set(of, { sum: sum + value, number: number + 1 });
    }
    if (++read >= Number(COUNT)) resolve();
  });
});
await subscribe(client, ['measurements/+/+/temperature']);
console.log('ready');

const timer = setInterval(print, Number(PERIOD));
await enough;
clearInterval(timer);
print();
await client.endAsync();

function parse(payload) {
  try {
    return JSON.parse(payload.toString()) ?? {};
  } catch {
    return {};
  }
}

function print() {
  const lines = [...averages].sort(([a], [b]) => a.localeCompare(b, 'en', { numeric: true }));
  for (const [of, { sum, number }] of lines) console.log(`${of}: ${(sum / number).toFixed(2)} °C (${number} measurements)`);
}
