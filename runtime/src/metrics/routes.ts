/** `GET /metrics` in the Prometheus text format. */
import type { FastifyInstance } from 'fastify';
import { equalInConstantTime } from '../auth/signature';

export const METRICS_PATH = '/metrics';
export const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/** Whether metrics are given out, and to whom. */
export interface MetricsAccess {
  readonly enabled: boolean;
  /** null: to everybody who reaches the port. */
  readonly token: string | null;
}

/** `access` null: no declaration was taken in yet, so nobody knows who may read. */
export function addMetricsRoute(app: FastifyInstance, access: () => MetricsAccess | null, text: () => Promise<string>): void {
  app.get(METRICS_PATH, async (request, reply) => {
    const given = access();
    if (given === null) return reply.code(503).header('retry-after', '1').send({ error: 'the gateway starts' });
    if (!given.enabled) return reply.code(404).send({ error: 'metrics are switched off in the declaration of this instance' });
    if (given.token !== null && !carries(request.headers.authorization, given.token)) {
      return reply.code(401).header('www-authenticate', 'Bearer').send({ error: 'send "Authorization: Bearer <metrics token>", the token that the program declares' });
    }
    return reply.type(METRICS_TYPE).send(await text());
  });
}

function carries(header: string | undefined, token: string): boolean {
  const [, got = ''] = /^Bearer +(\S+)$/i.exec(header ?? '') ?? [];
  return equalInConstantTime(got, token);
}
