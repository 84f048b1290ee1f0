import type { Spec } from '../../../lib/manifest/manifest';
import type { GatewayRecord } from '../store/contract';

/** What the other gateways of the instance carry, by their last records. */
export class Others {
  total: Spec = { tps: 0, connections: 0, subscriptions: 0 };
  demands: readonly number[] = [];
  trimmedSecondsAgo = Infinity;

  read(own: GatewayRecord, records: readonly GatewayRecord[]): void {
    // superseded ones count: they still carry clients
    const others = records.filter(({ instanceId, gatewayId }) => instanceId === own.instanceId && gatewayId !== own.gatewayId);
    const sum = (value: (record: GatewayRecord) => number | undefined): number => others.reduce((total, record) => total + (value(record) ?? 0), 0);
    this.total = { tps: sum((r) => r.tps), connections: sum((r) => r.connections), subscriptions: sum((r) => r.subscriptions) };
    this.demands = others.map((record) => record.tpsDemand ?? 0);
    this.trimmedSecondsAgo = Math.min(Infinity, ...others.map((record) => record.trimmedSecondsAgo ?? Infinity));
  }
}
