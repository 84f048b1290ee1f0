/** `GET /metrics` of several workers: the primary asks each, and answers for all. It has no declaration: a worker says who may read. */
import type { FastifyInstance } from 'fastify';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { family } from './family';
import { METRICS_PATH, METRICS_TYPE } from './routes';
import { mergeTexts } from './worker-text';

/** A worker that hangs must not keep the others from being told. */
const PATIENCE_MS = 5_000;

export interface ScrapedWorker {
  readonly number: number;
  /** On loopback; null: it does not run. */
  readonly port: number | null;
}

export function addWorkerMetrics(app: FastifyInstance, workers: () => readonly ScrapedWorker[]): void {
  let up: readonly (readonly [number, boolean])[] = [];
  const own = new Registry();
  own.setDefaultLabels({ worker: 'primary' });
  collectDefaultMetrics({ register: own });
  family(own, 'gauge', 'worker_up', 'Whether a worker process answers.', () => up.map(([worker, answers]) => [{ worker }, Number(answers)]));

  app.get(METRICS_PATH, async (request, reply) => {
    const { authorization } = request.headers;
    const answers = await Promise.all(workers().map(async ({ number, port }) => ({ number, answer: port === null ? null : await scrape(port, authorization) })));
    const refused = answers.find(({ answer }) => answer !== null && answer.status !== 200)?.answer;
    const texts = answers.flatMap(({ answer }) => (answer?.status === 200 ? [answer.text] : []));
    if (texts.length === 0) {
      if (refused?.authenticate) void reply.header('www-authenticate', refused.authenticate);
      return reply.code(refused?.status ?? 503).type('application/json').send(refused?.text ?? '{"error":"no worker answers"}');
    }
    up = answers.map(({ number, answer }) => [number, answer?.status === 200]);
    return reply.type(METRICS_TYPE).send(mergeTexts([...texts, await own.metrics()]));
  });
}

async function scrape(port: number, authorization: string | undefined): Promise<{ status: number; text: string; authenticate: string | null } | null> {
  try {
    const response = await fetch(`http://127.0.0.1:${port}${METRICS_PATH}`, { headers: { ...(authorization !== undefined && { authorization }) }, signal: AbortSignal.timeout(PATIENCE_MS) });
    return { status: response.status, text: await response.text(), authenticate: response.headers.get('www-authenticate') };
  } catch {
    return null;
  }
}
