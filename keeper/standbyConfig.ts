import { z } from "zod";

const seconds = z.int().min(0).max(86_400);

/** The shortest where the lenders' money is at stake; a transaction of a cheaper duty may wait for cheaper gas. */
export const standbySchema = z.strictObject({
  rank: z.int().min(0).max(7).default(0),
  delayBlocks: z.int().min(1).max(1_000).default(2),
  delaySeconds: z
    .strictObject({
      liquidateCritical: seconds.default(6),
      liquidateProfitable: seconds.default(24),
      openCall: seconds.default(36),
      reopenCall: seconds.default(60),
      closeCall: seconds.default(60),
      bookLoss: seconds.default(300),
    })
    .prefault({}),
});
