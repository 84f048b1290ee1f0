/** What the workers' readiness means for the gateway as a whole: for `/readyz` and the ready file. */
import type { Readiness } from '../health/server';

export interface WorkerReadiness extends Readiness { readonly worker: number }

export interface GroupReadiness extends Readiness { readonly workers: readonly WorkerReadiness[] }

/**
 * Ready for the first time when all are, so that the first clients spread over all of them; from then on while one is,
 * because the ports are shared: a worker that is being started again costs capacity, not service.
 */
export function groupReadiness(workers: readonly WorkerReadiness[], { complete, draining }: { complete: boolean; draining: boolean }): GroupReadiness {
  if (draining) return { ready: false, reasons: ['draining: the gateway is stopping'], workers };
  const ready = complete && workers.some((worker) => worker.ready);
  return { ready, reasons: ready ? [] : sharedReasons(workers), workers };
}

/** What all say is said once; everything else names its worker. */
function sharedReasons(workers: readonly WorkerReadiness[]): string[] {
  const shared = new Set(workers[0]?.reasons.filter((reason) => workers.every(({ reasons }) => reasons.includes(reason))));
  const single = workers.flatMap(({ worker, reasons }) => reasons.filter((reason) => !shared.has(reason)).map((reason) => `worker ${worker}: ${reason}`));
  return [...shared, ...single];
}
