import Fastify from 'fastify';
import { expect, it } from 'vitest';
import { createLogger } from '../logging';
import { NoneStore } from '../store/none/none-store';
import { addApiRoutes } from './server';

it('logging out takes the cookie away, also where the gateway cannot end the session', async () => {
  const app = Fastify();
  const nothing = (): undefined => undefined;
  addApiRoutes(app, { store: new NoneStore(), logger: createLogger({ level: 'silent' }), documents: nothing, broker: nothing } as never);
  const { statusCode, headers } = await app.inject({ method: 'DELETE', url: '/api/v1/console/session', headers: { 'x-mqttgw-console': '1', cookie: 'mqttgw_session=abc' } });
  expect([statusCode, headers['set-cookie']]).toEqual([503, expect.stringMatching(/^mqttgw_session=; .*Max-Age=0/)]);
  // a page of somebody else logs nobody out
  expect((await app.inject({ method: 'DELETE', url: '/api/v1/console/session' })).headers['set-cookie']).toBeUndefined();
  await app.close();
});
