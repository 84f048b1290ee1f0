/**
 * Bodies of requests, as they came, so that a hash can be compared. Each has a limit, which is judged by its declared length
 * before a byte of it is read; and what the process holds of all of them is bounded, however many come side by side.
 */
import type { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ProblemError } from './problem';

const BYTES_UNDER_WAY = 64 * 2 ** 20;

interface Body {
  readonly limit: number;
  held: number;
  /** An operation has it, also when the client has gone meanwhile. */
  used: boolean;
}

export class Bodies {
  private underWay = 0;
  private readonly of = new WeakMap<FastifyRequest, Body>();

  constructor(private readonly most = BYTES_UNDER_WAY) {}

  expect(request: FastifyRequest, reply: FastifyReply, limit: number): void {
    refuseAbove(limit, Number(request.headers['content-length'] ?? 0));
    const body = { limit, held: 0, used: false };
    this.of.set(request, body);
    reply.raw.once('close', () => {
      if (!body.used) this.release(body);
    });
  }

  read(request: FastifyRequest, stream: Readable): Promise<Buffer> {
    const body = this.of.get(request)!;
    const chunks: Buffer[] = [];
    return new Promise((resolve, reject) => {
      const take = (chunk: Buffer): void => {
        this.underWay += chunk.length;
        body.held += chunk.length;
        try {
          refuseAbove(body.limit, body.held);
          if (this.underWay > this.most) throw new ProblemError('not-ready', { retryAfter: 1 }, 'too many bytes of requests are under way; ask again');
        } catch (error) {
          // what still comes is read and forgotten, so that the client gets the answer
          stream.off('data', take).resume();
          chunks.length = 0;
          return reject(error as ProblemError);
        }
        chunks.push(chunk);
      };
      stream.on('data', take);
      stream.once('end', () => resolve(Buffer.concat(chunks)));
      stream.once('error', () => reject(new ProblemError('request-malformed', {}, 'the body ended before its end')));
    });
  }

  /** While an operation works, its body counts. */
  async during<T>(request: FastifyRequest, work: () => Promise<T>): Promise<T> {
    const body = this.of.get(request)!;
    body.used = true;
    try {
      return await work();
    } finally {
      this.release(body);
    }
  }

  private release(body: Body): void {
    this.underWay -= body.held;
    body.held = 0;
  }
}

function refuseAbove(limit: number, bytes: number): void {
  if (bytes > limit) throw new ProblemError('body-too-large', { allowed: `${limit} bytes` });
}
