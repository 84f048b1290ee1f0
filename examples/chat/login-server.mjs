/**
 * Who logs in here gets what a client connects with: the credential of one Client ID, GID_people@@@<user>. Nobody can be another
 * person with it. The AccessKey stays here, and so does the credential's secret. Needs nothing but Node: `node login-server.mjs`.
 *
 *   MQTTGW_KEY_SECRET   the secret of the key `login-server`
 *   API_URL             the control API of the gateway; default http://127.0.0.1:18080
 *   MQTT_URL            where clients connect; default mqtts://localhost:8883
 *   PORT                of this server, on loopback; default 8090. Put a front with TLS before it
 *   CHAT_USERS          name:password, separated by commas; a stand-in for your own users
 */
import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import http from 'node:http';

const { MQTTGW_KEY_SECRET, API_URL = 'http://127.0.0.1:18080', MQTT_URL = 'mqtts://localhost:8883', PORT = '8090', CHAT_USERS } = process.env;
const KEY_ID = 'login-server';
const LARGEST_BODY = 4_096;
if (!MQTTGW_KEY_SECRET || !CHAT_USERS) {
  console.error('MQTTGW_KEY_SECRET or CHAT_USERS is missing: set them to the secret of the key "login-server" and to name:password,…');
  process.exit(2);
}
const users = new Map(CHAT_USERS.split(',').map((entry) => [entry.slice(0, entry.indexOf(':')), hash(entry.slice(entry.indexOf(':') + 1))]));

const server = http.createServer(async (request, response) => {
  const answer = (status, body) => response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' }).end(JSON.stringify(body));
  try {
    if (request.method !== 'POST' || request.url !== '/login') return answer(404, { message: 'there is only POST /login' });
    const login = await bodyOf(request);
    if (!login) return answer(400, { message: 'the body is no {"user", "password"} in JSON' });
    // an unknown name is compared as well: it takes as long as a known one
    const right = timingSafeEqual(hash(login.password), users.get(login.user) ?? hash(randomBytes(16)));
    if (!right) return answer(401, { message: 'user or password is wrong' });
    answer(200, await credentialOf(login.user));
  } catch (error) {
    console.error(error.message);
    answer(502, { message: 'the gateway gives no credential at present: try again' });
  }
});
server.listen(Number(PORT), '127.0.0.1', () => console.log(`log in at http://127.0.0.1:${server.address().port}/login`));

/** Registers the person's device; one that is registered has the same credential again. */
async function credentialOf(user) {
  const clientId = `GID_people@@@${user}`;
  const { instanceId, deviceAccessKeyId, deviceAccessKeySecret } = await call('POST', `/api/v1/clients/${encodeURIComponent(clientId)}/credential`);
  return {
    url: MQTT_URL,
    clientId,
    username: `DeviceCredential|${deviceAccessKeyId}|${instanceId}`,
    password: createHmac('sha1', deviceAccessKeySecret).update(clientId).digest('base64'),
  };
}

/** A signed request to the control API. */
async function call(method, target) {
  const timestamp = Math.floor(Date.now() / 1000);
  const nonce = randomBytes(16).toString('hex');
  const bodyHash = hash('').toString('hex');
  const toSign = ['MQTTGW-HMAC-SHA256', method, target, timestamp, nonce, bodyHash].join('\n');
  const signature = createHmac('sha256', MQTTGW_KEY_SECRET).update(toSign).digest('base64');
  const authorization = `MQTTGW-HMAC-SHA256 KeyId=${KEY_ID}, Timestamp=${timestamp}, Nonce=${nonce}, BodySha256=${bodyHash}, Signature=${signature}`;
  const response = await fetch(API_URL + target, { method, headers: { authorization } });
  const answer = await response.json();
  if (!response.ok) throw new Error(`the control API refused ${method} ${target}: ${response.status} ${answer.message}`);
  return answer;
}

function hash(text) {
  return createHash('sha256').update(text).digest();
}

async function bodyOf(request) {
  let text = '';
  for await (const chunk of request) {
    text += chunk;
    if (text.length > LARGEST_BODY) return null;
  }
  try {
    const { user, password } = JSON.parse(text);
    return typeof user === 'string' && typeof password === 'string' ? { user, password } : null;
  } catch {
    return null;
  }
}
