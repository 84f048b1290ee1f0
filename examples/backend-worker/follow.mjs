/**
 * Follows who comes and goes: the status events of a group's clients, at the storage, without MQTT. Prints a line each.
 *
 *   REDIS_URL, STORAGE_ID   as in worker.mjs
 *   GROUP                   the Group ID; default GID_demo
 *   COUNT                   end after so many events; default: run for ever
 */
import { Redis } from 'ioredis';

const { REDIS_URL = 'redis://127.0.0.1:6379', STORAGE_ID, GROUP = 'GID_demo', COUNT = 'Infinity' } = process.env;
if (!STORAGE_ID) {
  console.error('STORAGE_ID is missing: set it to the id of the storage instance');
  process.exit(2);
}
const events = `{${STORAGE_ID}}:ev:${GROUP}`;
const redis = new Redis(REDIS_URL, { enableReadyCheck: false, disableClientInfo: true });
// from now on, by an id instead of `$`: what comes between two reads is not missed
let position = (await redis.xrevrange(events, '+', '-', 'COUNT', 1))[0]?.[0] ?? '0';
console.log('ready');

for (let seen = 0; seen < Number(COUNT);) {
  const read = await redis.xread('COUNT', 100, 'BLOCK', 1000, 'STREAMS', events, position);
  for (const [id, flat] of read?.[0]?.[1] ?? []) {
    const event = Object.fromEntries(Array.from({ length: flat.length / 2 }, (_, i) => [flat[2 * i], flat[2 * i + 1]]));
    console.log(`${new Date(Number(event.time)).toISOString()} ${event.clientId} ${event.eventType} ${event.clientIp}`);
    position = id; // a service that must not miss one keeps this, and begins here
    seen++;
  }
}
await redis.quit();
