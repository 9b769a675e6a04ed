import { capAct } from "../capAct.ts";

export const setCap = capAct("setCap", "how much of a collateral may be held");
