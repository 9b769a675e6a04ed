import type { Act } from "./act.ts";
import { correctOracle } from "./acts/correctOracle.ts";
import { grantRole } from "./acts/grantRole.ts";
import { listCollateral } from "./acts/listCollateral.ts";
import { lowerBorrowCap } from "./acts/lowerBorrowCap.ts";
import { lowerCap } from "./acts/lowerCap.ts";
import { lowerInitialWeight } from "./acts/lowerInitialWeight.ts";
import { pause } from "./acts/pause.ts";
import { resume } from "./acts/resume.ts";
import { retireCollateral } from "./acts/retireCollateral.ts";
import { revokeRole } from "./acts/revokeRole.ts";
import { setBorrowCap } from "./acts/setBorrowCap.ts";
import { setBrake } from "./acts/setBrake.ts";
import { setCap } from "./acts/setCap.ts";
import { setFee } from "./acts/setFee.ts";
import { setInitialWeight } from "./acts/setInitialWeight.ts";
import { setLiquidationWeight } from "./acts/setLiquidationWeight.ts";
import { setMaintenanceWeight } from "./acts/setMaintenanceWeight.ts";
import { setOracle } from "./acts/setOracle.ts";
import { setRiskTerms } from "./acts/setRiskTerms.ts";
import { setVolatility } from "./acts/setVolatility.ts";

/** Every act, in the order in which they are listed. */
export const ACTS: readonly Act[] = [
  ...[listCollateral, retireCollateral],
  ...[setCap, lowerCap, setInitialWeight, lowerInitialWeight, setMaintenanceWeight, setLiquidationWeight],
  ...[setVolatility, setBorrowCap, lowerBorrowCap, setBrake, setFee, setOracle, correctOracle, setRiskTerms],
  ...[pause, resume, grantRole, revokeRole],
];
