/**
 * A chat in the terminal. `@bob see you at eight` reaches Bob alone, at once or when he is back; every other line goes to the room.
 * Ctrl-D ends it. `npm install mqtt`, then `node chat.mjs`.
 *
 *   CHAT_USER, CHAT_PASSWORD   who you are
 *   LOGIN_URL                  default http://127.0.0.1:8090/login
 *   ROOM                       default lobby
 *   COUNT                      wait for so many messages of others before the end of the input ends the program; default 0
 */
import readline from 'node:readline';
import mqtt from 'mqtt';

const { CHAT_USER, CHAT_PASSWORD, LOGIN_URL = 'http://127.0.0.1:8090/login', ROOM = 'lobby', COUNT = '0' } = process.env;
const room = `chat/rooms/${ROOM}`;

const answer = await fetch(LOGIN_URL, { method: 'POST', body: JSON.stringify({ user: CHAT_USER, password: CHAT_PASSWORD }) }).catch((error) => fail(`${LOGIN_URL}: ${error.message}`));
const login = await answer.json();
if (!answer.ok) fail(login.message);

const { url, ...credential } = login;
const client = mqtt.connect(url, {
  ...credential,
  clean: false, // what others write while this person is away waits
  reconnectOnConnackError: true, // the store may be away for a while
});
let received = 0;
let enough = () => undefined;
client.on('message', (topic, payload) => {
  const { from, text } = parse(payload);
  if (text === undefined || from === CHAT_USER) return; // of no chat; or one's own line, in the room
  console.log(topic === room ? `${from} in ${ROOM}: ${text}` : `${from}: ${text}`);
  if (++received >= Number(COUNT)) enough();
});
client.on('error', (error) => {
  if (typeof error.code === 'number' && error.code !== 3) fail(error.message); // 3: try again
});
const [granted] = await client.subscribeAsync(room, { qos: 1 });
if (granted?.qos === 128) fail(`the gateway refused the subscription to ${room}`);
console.log(`you are ${CHAT_USER}, in ${ROOM}`);

for await (const line of readline.createInterface({ input: process.stdin })) {
  const [, person, text] = /^@(\S+)\s+(.*)$/.exec(line) ?? [null, null, line];
  if (!text.trim()) continue;
  const topic = person ? `chat/p2p/GID_people@@@${person}` : room;
  await client.publishAsync(topic, JSON.stringify({ from: CHAT_USER, text }), { qos: 1 }); // resolves when the message is stored
}
await new Promise((resolve) => {
  enough = resolve;
  if (received >= Number(COUNT)) resolve();
});
await client.endAsync();

/** Nothing in it may move the cursor, or end the program. */
function parse(payload) {
  try {
    const { from, text } = JSON.parse(payload.toString());
    return { from: String(from).replace(/\p{Cc}/gu, ''), text: String(text).replace(/\p{Cc}/gu, '') };
  } catch {
    return {};
  }
}

function fail(message) {
  console.error(message);
  process.exit(1);
}
