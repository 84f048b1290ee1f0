/** Where the peers are that `setup.mjs` installs. */
import os from 'node:os';
import path from 'node:path';

export const PEERS = path.join(process.env['XDG_CACHE_HOME'] || path.join(os.homedir(), '.cache'), 'cdktf-mqtt-gateway', 'bench');
