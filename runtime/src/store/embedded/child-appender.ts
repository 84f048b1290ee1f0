/**
 * A process of its own for the tests: appends to a store and reports every acknowledgement on standard output.
 * `tsx child-appender.ts <directory> <durability> <batch size> <batches> [milliseconds between them] [tail]`
 */
import { EmbeddedStore } from './embedded-store';
import type { EmbeddedDurability } from './environment';

async function main(): Promise<void> {
  const [directory, durability, size, batches, pause, tail] = process.argv.slice(2);
  const store = new EmbeddedStore({ directory: directory!, storageId: 'storage', durability: durability as EmbeddedDurability });
  await store.open();
  if (tail !== undefined) (await store.tail({ onMessages: () => undefined, onNotice: () => undefined })).setLogs(['a']);
  for (let batch = 1; batch <= Number(batches); batch++) {
    const results = await store.append(`child-${process.pid}`, batch, Array.from({ length: Number(size) }, (_, i) => ({
      topic: 'a/x', log: 'a', qos: 1 as const, cleanSession: true, clientId: '', epoch: null, qos2PacketId: null, p2pClientId: null, retain: false,
      payload: Buffer.from(`${process.pid}-${batch}-${i}`.padEnd(256, '.')),
    })));
    const refused = results.find((result) => !result.ok);
    // Written at once, so that a kill cannot keep an acknowledgement back.
    process.stdout.write(refused === undefined ? `${results.map((result) => result.ok && result.id).join(' ')}\n` : `refused ${JSON.stringify(refused)}\n`);
    if (refused !== undefined) break;
    if (pause !== undefined) await new Promise((resolve) => setTimeout(resolve, Number(pause)));
  }
  await store.close();
}

main().catch((error: Error) => {
  process.stdout.write(`failed ${error.name} ${error.message}\n`);
  process.exitCode = 1;
});
