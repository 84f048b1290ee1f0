/**
 * A gateway's own configuration: which instance it serves and where it listens. It never changes while a topic or a group
 * does, so a deploy that adds one leaves the container alone. Files only: what stands in a container's environment can be
 * read by everybody who may inspect it.
 */
import { Type, type Static } from '@sinclair/typebox';
import { MAX_DRAIN_SECONDS, MAX_WORKERS } from '../../../lib/rules/editions';
import { checkSchema, type Checked } from '../manifest/check';
import { listenerBindingsSchema } from '../manifest/schema';

export const GATEWAY_CONFIG_VERSION = 1;

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'silent'] as const;

export const gatewayConfigSchema = Type.Object({
  version: Type.Literal(GATEWAY_CONFIG_VERSION),
  instanceId: Type.String({ minLength: 1 }),
  storageId: Type.String({ minLength: 1 }),
  /** Distinguishes the gateways of one deployment. */
  replica: Type.String({ minLength: 1 }),
  /** The same for all replicas of one deployment; a newer one supersedes. */
  revision: Type.String({ minLength: 1 }),
  /** A front in front of this gateway tells the client's address by the PROXY protocol. */
  proxyProtocol: Type.Boolean(),
  /** Processes that share the ports, a core each; default 1. 0 and "auto": as many as there are cores for this container. */
  workers: Type.Optional(Type.Union([Type.Integer({ minimum: 0, maximum: MAX_WORKERS }), Type.Literal('auto')])),
  /** How long a shutdown may take to let connections finish what is in flight. */
  drainSeconds: Type.Integer({ minimum: 0, maximum: MAX_DRAIN_SECONDS }),
  logLevel: Type.Unsafe<(typeof LOG_LEVELS)[number]>(Type.Union(LOG_LEVELS.map((level) => Type.Literal(level)))),
  listeners: listenerBindingsSchema,
}, { additionalProperties: false });

export type GatewayConfig = Static<typeof gatewayConfigSchema>;

export function checkGatewayConfig(value: unknown): Checked<GatewayConfig> {
  return checkSchema<GatewayConfig>(gatewayConfigSchema, value, 'gateway configuration');
}
