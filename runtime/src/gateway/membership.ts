/**
 * This gateway among the gateways of its storage: it tells that it lives, and sees whether a newer deployment has taken
 * over. A superseded gateway is not ready, so a front sends new clients to the newer ones while this one is drained.
 */
import { StoreUnavailableError } from '../store/errors';
import type { GatewayRecord, Store } from '../store/contract';
import type { Logger } from '../logging';

/** Several beats fit into a lease, so that one lost beat does not make a gateway disappear. */
export const HEARTBEAT_MS = 3_000;
export const LEASE_SECONDS = 15;

export interface MembershipOptions {
  readonly store: Store;
  readonly logger: Logger;
  record(): GatewayRecord;
  /** How many replicas make a deployment complete. */
  replicas(): number;
  onChange(): void;
  /** After every beat: the record that was written, and all that live. */
  onGateways?(own: GatewayRecord, gateways: readonly GatewayRecord[]): void;
  /** The lease had run out, and with it the right to the sessions of this gateway: others may have ended them. */
  onLapsed?(): void;
  readonly heartbeatMs?: number;
}

export class Membership {
  private timer: NodeJS.Timeout | undefined;
  private beating = false;
  private hadLease = false;
  private newer = false;
  private newerSince: number | undefined;

  constructor(private readonly options: MembershipOptions) {}

  get superseded(): boolean {
    return this.newer;
  }

  /** Milliseconds since 1970 by this process's clock; undefined: it is not superseded. */
  get supersededSince(): number | undefined {
    return this.newerSince;
  }

  async start(): Promise<void> {
    await this.beat();
    this.timer = setInterval(() => void this.beat(), this.options.heartbeatMs ?? HEARTBEAT_MS);
    this.timer.unref();
  }

  /** Also called when readiness changes, so that a newer deployment is not waited for. */
  async beat(): Promise<void> {
    if (this.beating) return;
    this.beating = true;
    const { store, logger, record, replicas, onChange } = this.options;
    try {
      const own = record();
      const stood = await store.heartbeat(own, LEASE_SECONDS);
      if (!stood && this.hadLease) {
        logger.warn({ leaseSeconds: LEASE_SECONDS }, 'the lease of this gateway had run out: its sessions are looked at');
        this.options.onLapsed?.();
      }
      this.hadLease = true;
      const gateways = await store.gateways();
      this.options.onGateways?.(own, gateways);
      const superseded = isSuperseded(own, gateways, replicas());
      if (superseded !== this.newer) {
        this.newer = superseded;
        this.newerSince = superseded ? Date.now() : undefined;
        logger.info({ revision: own.revision, superseded }, superseded ? 'a newer deployment is ready and takes new connections' : 'no newer deployment is ready any more');
        onChange();
      }
    } catch (error) {
      if (!(error instanceof StoreUnavailableError)) logger.warn({ err: error }, 'heartbeat failed');
    } finally {
      this.beating = false;
    }
  }

  async stop(): Promise<void> {
    clearInterval(this.timer);
    await this.options.store.removeGateway(this.options.record().gatewayId).catch(() => undefined);
  }
}

/** A deployment counts from its first living gateway, and only once all its replicas are ready. */
export function isSuperseded(own: GatewayRecord, gateways: readonly GatewayRecord[], replicas: number): boolean {
  const deployments = new Map<string, GatewayRecord[]>([[own.revision, [own]]]);
  for (const gateway of gateways.filter(({ instanceId }) => instanceId === own.instanceId)) {
    deployments.set(gateway.revision, [...(deployments.get(gateway.revision) ?? []), gateway]);
  }
  const firstStart = (members: readonly GatewayRecord[]): number => Math.min(...members.map(({ startedAt }) => startedAt));
  const ours = firstStart(deployments.get(own.revision) ?? [own]);
  return [...deployments].some(([revision, members]) => {
    const ready = new Set(members.filter((member) => member.ready).map(({ replica }) => replica));
    return revision !== own.revision && ready.size >= replicas && firstStart(members) > ours;
  });
}
