/** How long and how much is measured. */
export interface Size {
  readonly name: SizeName;
  readonly warmUpMs: number;
  /** From the start of a load to the first figure. */
  readonly leadMs: number;
  /** A publish rate is taken over this long, … */
  readonly rateMs: number;
  /** … what is delivered to sessions over this. */
  readonly deliverMs: number;
  readonly pacedSeconds: number;
  readonly connects: number;
  readonly idleConnections: number;
  /** From the last connection to the second look at the memory. */
  readonly idleMs: number;
  readonly offlineSessions: number;
  /** Making them takes longer than this with some peers; then those that were made count, the figure says so, and there is no further run. */
  readonly offlineSetupMs: number;
  /** Messages among which a session's ten are. */
  readonly sparseMessages: number;
  readonly redisCommands: number;
  /** Runs of what no goal is about, and of what hardly varies; absent: as many as of everything else. */
  readonly sideRuns?: number;
}

export type SizeName = 'quick' | 'medium' | 'full';

const FULL: Size = {
  name: 'full', warmUpMs: 5_000, leadMs: 1_000, rateMs: 4_000, deliverMs: 5_000, pacedSeconds: 8, connects: 4_000, idleConnections: 5_000, idleMs: 8_000,
  offlineSessions: 10_000, offlineSetupMs: 30_000, sparseMessages: 1_000_000, redisCommands: 200_000,
};

export const SIZES: { readonly [name in SizeName]: Size } = {
  full: FULL,
  // the same counts, shorter
  medium: {
    ...FULL, name: 'medium', warmUpMs: 2_000, leadMs: 500, rateMs: 2_000, deliverMs: 3_000, pacedSeconds: 4, idleMs: 3_000, connects: 2_000,
    redisCommands: 100_000, sideRuns: 1,
  },
  quick: {
    ...FULL, name: 'quick', warmUpMs: 2_000, leadMs: 500, rateMs: 1_500, deliverMs: 2_000, pacedSeconds: 3, connects: 1_000, idleConnections: 2_000, idleMs: 3_000,
    offlineSessions: 1_000, sparseMessages: 50_000, redisCommands: 50_000,
  },
};
