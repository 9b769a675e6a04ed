import { capAct } from "../capAct.ts";

export const lowerCap = capAct("lowerCap", "the same, downwards and at once; zero retires it");
