/** How the gateways of an instance divide the TPS ceiling, so that together they hold it (E5). */

/** Divided evenly, whoever asks for what: from it a gateway that was idle serves its clients until its demand is known. */
const RESERVE = 0.05;

/**
 * The part of the ceiling, 0 to 1, for the gateway that asks for `own`. Over all gateways the parts add up to 1. Below the
 * ceiling everybody gets what it asks for and an even part of the rest; above it, in proportion to demand.
 */
export function shareOf(own: number, others: readonly number[], ceiling: number): number {
  const gateways = others.length + 1;
  const total = others.reduce((sum, demand) => sum + demand, own);
  if (total <= ceiling * (1 - RESERVE)) return (own + (ceiling - total) / gateways) / ceiling;
  return (1 - RESERVE) * (own / total) + RESERVE / gateways;
}

/**
 * A gateway learns of the others' demand from their last records, each at another time. So it takes a smaller part at
 * once and a larger one only an exchange later, when the others have read its record and given way: the ceiling holds
 * meanwhile too.
 */
export class ShareKeeper {
  private last: number | null = null;
  /** Alone until others are seen. */
  current = 1;

  /** `own`: what the record said that the others have read. */
  exchanged(own: number, others: readonly number[], ceiling: number): number {
    const share = shareOf(own, others, ceiling);
    if (others.length === 0) this.current = 1;
    else this.current = Math.min(share, this.last ?? RESERVE / (others.length + 1));
    this.last = share;
    return this.current;
  }
}
