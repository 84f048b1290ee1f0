/**
 * Announces firmware to the sensors: writes at the store, into the inbox of `firmware`, where no client may publish. A gateway
 * takes it from there. `npm install ioredis`, then `node release.mjs stable 1.4.2`.
 *
 *   REDIS_URL    where the store is, as the user `releases`; default redis://127.0.0.1:6379
 *   STORAGE_ID   the storage's id; an output of the deploy, and `mqttgw dev` prints it
 */
import { Redis } from 'ioredis';

const { REDIS_URL = 'redis://127.0.0.1:6379', STORAGE_ID } = process.env;
const [channel, version] = process.argv.slice(2);
if (!STORAGE_ID || !channel || !version) {
  console.error('STORAGE_ID, the channel or the version is missing: STORAGE_ID=… node release.mjs stable 1.4.2');
  process.exit(2);
}
// a user of a deployed store may not ask for the server's figures, which the client's own checks do
const redis = new Redis(REDIS_URL, { enableReadyCheck: false, disableClientInfo: true });
redis.on('error', (error) => {
  console.error(error.message);
  process.exit(1);
});
// an answer says that it is stored
await redis.xadd(`{${STORAGE_ID}}:in:firmware`, '*', 'payload', version, 'mqttSecondTopic', `/${channel}`, 'qoslevel', '1');
console.log(`firmware/${channel}: ${version}`);
await redis.quit();
