import { MAX_UINT256, mulDivUp } from "./fixedPoint.ts";
import type { BrakeRoom } from "./vaultTypes.ts";

/** A collateral's bucket, as the vault stores it: what is in it may be sold above the floor. */
export interface Brake {
  /** The most it can hold, quote base units. */
  readonly burst: bigint;
  /** What flows into it each hour, quote base units; zero without a brake. */
  readonly perHour: bigint;
  /** When it is full again, microseconds of uptime. */
  readonly fullAtMicros: bigint;
}

/** Of a collateral that may be sold as fast as anybody likes. */
export const NO_BRAKE: Brake = { burst: 0n, perHour: 0n, fullAtMicros: 0n };

const MICROS_PER_SECOND = 1_000_000n;
const MICROS_PER_HOUR = 3_600_000_000n;

/** What the bucket holds at `uptime`, quote base units, rounded down; the largest uint256 without a brake. */
export function capacityDown(b: Brake, uptime: bigint): bigint {
  if (b.perHour === 0n) return MAX_UINT256;
  const nowMicros = uptime * MICROS_PER_SECOND;
  if (b.fullAtMicros <= nowMicros) return b.burst;
  const missing = mulDivUp(b.fullAtMicros - nowMicros, b.perHour, MICROS_PER_HOUR);
  return missing < b.burst ? b.burst - missing : 0n;
}

/** What the bucket must hold before `value` may be sold: as much, or nineteen twentieths (rounded up) of what it can hold. */
export function neededFor({ burst }: Pick<Brake, "burst">, value: bigint): bigint {
  const most = burst - burst / 20n;
  return value < most ? value : most;
}

/** When the bucket is full again after `value` was sold at `uptime`, microseconds of uptime, rounded up. */
export function fullAtAfterUp(b: Brake, value: bigint, uptime: bigint): bigint {
  const nowMicros = uptime * MICROS_PER_SECOND;
  const from = b.fullAtMicros > nowMicros ? b.fullAtMicros : nowMicros;
  const until = from + mulDivUp(value < b.burst ? value : b.burst, MICROS_PER_HOUR, b.perHour);
  const latest = nowMicros + mulDivUp(b.burst, MICROS_PER_HOUR, b.perHour);
  return until < latest ? until : latest;
}

/** The bucket as the mirror of the vault takes it. */
export function roomOf(b: Brake, uptime: bigint): BrakeRoom {
  return { room: capacityDown(b, uptime), burst: b.burst };
}
