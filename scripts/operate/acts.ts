import type { Act } from "./act.ts";
import { lowerBorrowCap } from "./acts/lowerBorrowCap.ts";
import { lowerCap } from "./acts/lowerCap.ts";
import { lowerInitialWeight } from "./acts/lowerInitialWeight.ts";
import { pause } from "./acts/pause.ts";
import { resume } from "./acts/resume.ts";
import { setBorrowCap } from "./acts/setBorrowCap.ts";
import { setBrake } from "./acts/setBrake.ts";
import { setCap } from "./acts/setCap.ts";
import { setFee } from "./acts/setFee.ts";
import { setInitialWeight } from "./acts/setInitialWeight.ts";
import { setLiquidationWeight } from "./acts/setLiquidationWeight.ts";
import { setMaintenanceWeight } from "./acts/setMaintenanceWeight.ts";
import { setOracle } from "./acts/setOracle.ts";
import { setRiskTerms } from "./acts/setRiskTerms.ts";

/** Every act, in the order in which they are listed. */
export const ACTS: readonly Act[] = [
  ...[setCap, lowerCap, setInitialWeight, lowerInitialWeight, setMaintenanceWeight, setLiquidationWeight],
  ...[setBorrowCap, lowerBorrowCap, setBrake, setFee, setOracle, setRiskTerms, pause, resume],
];
