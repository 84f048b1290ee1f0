// A TLS port of the engine, for what reaches it as a remote host: docker, and a Region with DockerHost.tcp.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { generate } from 'selfsigned';

const folderOf = (engine) => path.join(engine, 'tls');

/** Makes an authority and certificates for the engine and for who connects; gives the engine's arguments. */
export async function makeTlsPort(engine) {
  const folder = folderOf(engine);
  mkdirSync(folder, { mode: 0o700 });
  const authority = await generate([{ name: 'commonName', value: 'engine of the tests' }], {
    algorithm: 'sha256', extensions: [{ name: 'basicConstraints', cA: true, critical: true }, { name: 'keyUsage', keyCertSign: true, digitalSignature: true, critical: true }],
  });
  const signed = (name, usage, altNames) => generate([{ name: 'commonName', value: name }], {
    algorithm: 'sha256', ca: { key: authority.private, cert: authority.cert },
    extensions: [{ name: 'basicConstraints', cA: false }, { name: 'keyUsage', digitalSignature: true }, { name: 'extKeyUsage', [usage]: true }, { name: 'subjectAltName', altNames }],
  });
  const server = await signed('localhost', 'serverAuth', [{ type: 2, value: 'localhost' }, { type: 7, ip: '127.0.0.1' }]);
  const client = await signed('tests', 'clientAuth', [{ type: 2, value: 'tests' }]);
  const address = `127.0.0.1:${await freePort()}`;
  // ca.pem, cert.pem and key.pem are what every client of the engine looks for in such a folder
  const files = { 'ca.pem': authority.cert, 'cert.pem': client.cert, 'key.pem': client.private, 'server-cert.pem': server.cert, 'server-key.pem': server.private, address };
  for (const [name, text] of Object.entries(files)) writeFileSync(path.join(folder, name), text, { mode: 0o600 });
  const file = (name) => path.join(folder, name);
  return ['--host', `tcp://${address}`, '--tlsverify', '--tlscacert', file('ca.pem'), '--tlscert', file('server-cert.pem'), '--tlskey', file('server-key.pem')];
}

/** Where that port is, and the folder with certificates for it. Undefined when there is none. */
export function findTlsPort(engine) {
  try {
    const folder = folderOf(engine);
    return { address: readFileSync(path.join(folder, 'address'), 'utf8'), certPath: folder };
  } catch {
    return undefined;
  }
}

function freePort() {
  return new Promise((resolve, reject) => {
    const server = net.createServer().once('error', reject).listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
