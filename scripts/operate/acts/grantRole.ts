import { InputError } from "../../../sdk/inputError.ts";
import { MAX_DELAY_SECONDS, MIN_DELAY_SECONDS, ROLE } from "../../../sdk/governance.ts";
import { formatDuration } from "../../../sdk/format.ts";
import { addressIn, integerIn, type Act } from "../act.ts";
import { membershipOf, roleIn } from "../roles.ts";

export const grantRole: Act = {
  name: "grantRole",
  words: "names a member of a role, with the seconds that they have to wait",
  on: "governance",
  signature: "grantRole(uint64,address,uint32)",
  parameters: ["role", "account", "delaySeconds"],
  argumentsOf([roleText, account, delay]) {
    const role = roleIn(roleText);
    const seconds = integerIn(delay, "the delay in seconds", BigInt(MAX_DELAY_SECONDS));
    if (seconds < BigInt(MIN_DELAY_SECONDS[role])) {
      throw new InputError(`a ${role} waits ${MIN_DELAY_SECONDS[role]} seconds at least, not ${seconds}`);
    }
    return [ROLE[role], addressIn(account), seconds];
  },
  async notes([roleText, account], context) {
    const role = roleIn(roleText);
    const { isMember, delaySeconds } = await membershipOf(role, addressIn(account), context);
    if (!isMember) return [];
    const present = formatDuration(delaySeconds);
    return [
      `They are ${role} already, with a delay of ${present}: only the delay changes, a shorter one later`,
    ];
  },
};
