import { integerIn, type Act } from "../act.ts";
import { pauseKindIn } from "../pauseKind.ts";

const DAY_SECONDS = 86_400n;

export const pause: Act = {
  name: "pause",
  words: "stops calling or liquidation above the floor, and the clock, for up to a day",
  on: "clock",
  signature: "pause(uint8,uint256)",
  parameters: ["kind", "seconds"],
  argumentsOf([kind, seconds]) {
    return [pauseKindIn(kind), integerIn(seconds, "the pause in seconds", DAY_SECONDS)];
  },
};
