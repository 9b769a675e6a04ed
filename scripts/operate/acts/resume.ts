import type { Act } from "../act.ts";
import { pauseKindIn } from "../pauseKind.ts";

export const resume: Act = {
  name: "resume",
  words: "ends a pause before its time",
  on: "clock",
  signature: "unpause(uint8)",
  parameters: ["kind"],
  argumentsOf([kind]) {
    return [pauseKindIn(kind)];
  },
};
