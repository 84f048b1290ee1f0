/** Whether a gateway takes connections, and if not, why not: for `/readyz`, the ready file and the heartbeat. */
import type { Readiness } from '../health/server';

export interface GatewayStatus extends Readiness {
  readonly connections: number;
  /** Revision of the documents in use; 0: none yet. */
  readonly documentsRevision: number;
  /** Why newer documents are not in use; null: they are. Does not make the gateway unready. */
  readonly documentsProblem: string | null;
}

export interface StatusInputs {
  /** Listeners are open. */
  readonly listening: boolean;
  readonly storeReason: string | null;
  readonly documentsRevision: number;
  readonly documentsProblem: string | null;
  readonly draining: boolean;
  readonly superseded: boolean;
  readonly connections: number;
}

export function statusOf(inputs: StatusInputs): GatewayStatus {
  const { documentsRevision, documentsProblem, connections } = inputs;
  const reasons = [
    ...(inputs.storeReason === null ? [] : [`the store is away: ${inputs.storeReason}`]),
    ...(documentsRevision === 0 ? [documentsProblem ?? 'no declaration has been handed over yet'] : []),
    ...(inputs.draining ? ['draining: the gateway is stopping'] : []),
    ...(inputs.superseded ? ['superseded: a newer deployment is ready'] : []),
  ];
  if (!inputs.listening && reasons.length === 0) reasons.push('starting: listeners are not open yet');
  return { ready: reasons.length === 0, reasons, connections, documentsRevision, documentsProblem };
}
