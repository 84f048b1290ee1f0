import { describe, expect, it } from 'vitest';
import type { Documents, GatewayRecord } from '../contract';
import { Recorder, until, type Bench } from './bench';

const EMPTY: Omit<Documents, 'revision'> = { storage: null, instance: null, sealedSecrets: null, boundTo: null, acceptedHash: null, handOver: null };

function gateway(gatewayId: string): GatewayRecord {
  return { gatewayId, instanceId: 'i', replica: '1', revision: 'r', startedAt: 1, ready: true, connections: 3 };
}

export function describeDocuments(bench: Bench): void {
  describe('documents, values, gateways, leases', () => {
    it('a new storage has revision 0 and nothing', async () => {
      expect(await bench.store.readDocuments()).toEqual({ ...EMPTY, revision: 0 });
    });

    it('B2 writes only over the revision that was read, and tells every gateway', async () => {
      const other = await bench.connect();
      const recorder = await Recorder.follow(other);
      const notes = { deletions: ['gone'], generations: { storage: 1_800_000_000_000, instance: 0 } };
      expect(await bench.store.writeDocuments({ ...EMPTY, boundTo: 'a', sealedSecrets: 'sealed', acceptedHash: 'h', handOver: notes }, 0)).toBe(true);
      expect(await other.writeDocuments({ ...EMPTY, boundTo: 'b' }, 0)).toBe(false);
      expect(await other.readDocuments()).toEqual({ ...EMPTY, boundTo: 'a', sealedSecrets: 'sealed', acceptedHash: 'h', handOver: notes, revision: 1 });
      await until(() => recorder.notices.length > 0);
      expect(recorder.notices).toEqual([{ kind: 'documents', revision: 1 }]);
      await recorder.close();
    });

    it('I4 keeps what the control API made beside what was declared', async () => {
      const made = {
        topics: [{ name: 'made', type: 'normal' as const, permission: 'publish' as const, remark: '', removalPolicy: 'retain' as const, account: 'main', createdAt: 1 }],
        groups: [{ name: 'GID_made', account: 'main', remark: '', createdAt: 1 }],
      };
      const declaredSince = { topics: [{ name: '__proto__', at: 1 }], groups: [], accessKeys: [] };
      expect(await bench.store.writeDocuments({ ...EMPTY, made, declaredSince }, 0)).toBe(true);
      expect(await bench.store.readDocuments()).toEqual({ ...EMPTY, made, declaredSince, revision: 1 });
    });

    it('keepValue: the first writer wins and everybody gets its value', async () => {
      const other = await bench.connect();
      const values = await Promise.all([bench.store.keepValue('certificate', 'one'), other.keepValue('certificate', 'two')]);
      expect(values[0]).toBe(values[1]);
      expect(await bench.store.keepValue('certificate', 'three')).toBe(values[0]);
      expect(await bench.store.keepValue('another', 'x')).toBe('x');
    });

    it('a gateway is listed while its lease holds', async () => {
      await bench.store.heartbeat(gateway('g1'), 60);
      await bench.store.heartbeat(gateway('g2'), 60);
      const load = { connections: 4, subscriptions: 7, tps: 12.5, tpsDemand: 1_000.25, trimmedSecondsAgo: 0 }; // E5: what the others add up
      await bench.store.heartbeat({ ...gateway('g1'), ...load }, 60);
      expect([...(await bench.store.gateways())].sort((a, b) => a.gatewayId.localeCompare(b.gatewayId)))
        .toEqual([{ ...gateway('g1'), ...load }, gateway('g2')]);
      await bench.store.heartbeat(gateway('g2'), 0.2);
      await until(async () => (await bench.store.gateways()).length < 2);
      expect((await bench.store.gateways()).map((g) => g.gatewayId)).toEqual(['g1']);
      await bench.store.removeGateway('g1');
      expect(await bench.store.gateways()).toEqual([]);
    });

    it('B5 a gateway learns from its heartbeat that its lease had run out', async () => {
      expect(await bench.alive('g1', 60)).toBe(false);
      expect(await bench.alive('g1', 0.1)).toBe(true);
      await until(async () => (await bench.store.gateways()).length === 0);
      expect(await bench.alive('g1', 60)).toBe(false);
      expect(await bench.alive('g1', 60)).toBe(true);
      await bench.store.removeGateway('g1');
      expect(await bench.alive('g1', 60)).toBe(false);
    });

    it('a lease has one holder, who renews it, until it runs out', async () => {
      const other = await bench.connect();
      expect(await bench.store.lease('trim', 'g1', 60)).toBe(true);
      expect(await other.lease('trim', 'g2', 60)).toBe(false);
      expect(await other.lease('expire', 'g2', 60)).toBe(true);
      expect(await bench.store.lease('trim', 'g1', 0.2)).toBe(true);
      let taken = false;
      await until(async () => (taken = await other.lease('trim', 'g2', 60)));
      expect(taken).toBe(true);
      expect(await bench.store.lease('trim', 'g1', 60)).toBe(false);
    });

    it('leases that ran out are forgotten, others stand', async () => {
      expect(await bench.store.lease('once', 'a', 0.05)).toBe(true);
      expect(await bench.store.lease('kept', 'a', 60)).toBe(true);
      await until(async () => await bench.store.lease('once', 'b', 0.05));
      await bench.store.expireSessions(3_600);
      expect(await bench.store.lease('kept', 'b', 60)).toBe(false);
      await until(async () => await bench.store.lease('once', 'c', 60));
    });
  });
}
