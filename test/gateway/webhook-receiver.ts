/** A webhook receiver on a real port: what it got, whether the signature was right, and answers as a test wants them. */
import { createHmac } from 'node:crypto';
import http from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';

export const WEBHOOK_SECRET = 'kXy90-webhook-secret';

export interface Told {
  readonly id: string;
  readonly type: string;
  readonly timestamp: string;
  readonly instance: { readonly instanceId: string; readonly name: string; readonly region: string };
  readonly data: { readonly alarm?: string; readonly alarmId?: string; readonly state?: string; readonly [name: string]: unknown };
}

export interface Delivery { readonly body: Told; readonly text: string; readonly headers: http.IncomingHttpHeaders; readonly path: string; readonly signed: boolean; readonly at: number }

type Respond = (response: http.ServerResponse, delivery: Delivery) => void;

export interface Receiver {
  readonly url: string;
  readonly port: number;
  /** Every request, also those that were refused. */
  readonly deliveries: Delivery[];
  /** In the order of arrival, as `type subject`. */
  named(): string[];
  /** Answers from now on; default: 204. */
  respond: Respond;
  close(): Promise<void>;
}

export const taken: Respond = (response) => { response.writeHead(204).end(); };

/** `tls`: PEM of what it shows; without it speaks plain HTTP. */
export async function startReceiver(bindAddress = '127.0.0.1', tls?: { readonly cert: string; readonly key: string }): Promise<Receiver> {
  const handle: http.RequestListener = (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const text = Buffer.concat(chunks).toString('utf8');
      const delivery: Delivery = { body: JSON.parse(text) as Told, text, headers: request.headers, path: request.url!, signed: isSigned(WEBHOOK_SECRET, request.headers, text), at: Date.now() };
      receiver.deliveries.push(delivery);
      receiver.respond(response, delivery);
    });
  };
  const server = tls === undefined ? http.createServer(handle) : https.createServer(tls, handle);
  await new Promise<void>((resolve) => server.listen(0, bindAddress, resolve));
  const { port } = server.address() as AddressInfo;
  const receiver: Receiver = {
    url: `${tls === undefined ? 'http://127.0.0.1' : 'https://localhost'}:${port}/hook?key=hush`,
    port,
    deliveries: [],
    named: () => receiver.deliveries.map(({ body: { type, data } }) => [type, data.alarm].filter(Boolean).join(' ')),
    respond: taken,
    close: () => new Promise((resolve) => {
      server.closeAllConnections();
      server.close(() => resolve());
    }),
  };
  return receiver;
}

/** Written apart from the code that signs: as a receiver would, by the documentation. */
export function isSigned(secret: string, headers: http.IncomingHttpHeaders, text: string): boolean {
  const expected = createHmac('sha256', secret).update(`${String(headers['webhook-id'])}.${String(headers['webhook-timestamp'])}.${text}`).digest('base64');
  return headers['webhook-signature'] === `v1,${expected}` && Math.abs(Date.now() / 1_000 - Number(headers['webhook-timestamp'])) < 300;
}
