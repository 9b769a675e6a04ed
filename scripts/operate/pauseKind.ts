import { InputError } from "../../sdk/inputError.ts";

const KINDS = ["calling", "liquidation"] as const;

/** The number of what is to be paused, `PauseKind` of the clock. */
export function pauseKindIn(text: string | undefined): number {
  const kind = KINDS.findIndex((each) => each === text);
  if (kind === -1) throw new InputError(`"${text ?? ""}" is neither ${KINDS.join(" nor ")}`);
  return kind;
}
