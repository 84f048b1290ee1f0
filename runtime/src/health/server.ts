/** `/livez` and `/readyz` for load balancers and people. Reasons are words, never values of a document. */
import Fastify, { type FastifyInstance } from 'fastify';
import type { ListenerBinding } from '../../../lib/manifest/manifest';
import type { Trust } from './trust';

export interface Readiness {
  readonly ready: boolean;
  /** Empty when ready. */
  readonly reasons: readonly string[];
}

/** A health check is a few hundred bytes; whatever else answers here says what it takes. */
const BODY_LIMIT_BYTES = 1_024;
/** A Client ID in a path, with every character encoded. */
const MAX_PARAMETER = 1_024;

export class HealthServer {
  private readonly app: FastifyInstance;

  /** `addRoutes`: what else this port answers. `trustProxy`: whose `X-Forwarded-For` is believed. */
  constructor(private readonly binding: ListenerBinding, readiness: () => Readiness, addRoutes: (app: FastifyInstance) => void = () => undefined, trustProxy: Trust = () => false) {
    this.app = Fastify({ logger: false, bodyLimit: BODY_LIMIT_BYTES, forceCloseConnections: true, connectionTimeout: 30_000, requestTimeout: 15_000, routerOptions: { maxParamLength: MAX_PARAMETER }, trustProxy });
    this.app.get('/livez', () => ({ live: true }));
    this.app.get('/readyz', (_request, reply) => {
      const state = readiness();
      return reply.code(state.ready ? 200 : 503).send(state);
    });
    addRoutes(this.app);
    this.app.setNotFoundHandler((_request, reply) => reply.code(404).send({ error: 'there is /console/, /livez, /readyz, /metrics and /api/v1/openapi.json' }));
  }

  /** Resolves with the port, which the system chooses for 0. */
  async start(): Promise<number> {
    // exclusive: a worker's port is its own, not one that node:cluster shares among them
    await this.app.listen({ host: this.binding.bindAddress, port: this.binding.port, exclusive: true });
    const address = this.app.server.address();
    return typeof address === 'object' && address ? address.port : this.binding.port;
  }

  async stop(): Promise<void> {
    await this.app.close();
  }
}
