import { InputError } from "../../../sdk/inputError.ts";
import { ROLE } from "../../../sdk/governance.ts";
import { addressIn, type Act } from "../act.ts";
import { membershipOf, roleIn } from "../roles.ts";

export const revokeRole: Act = {
  name: "revokeRole",
  words: "takes a role from a member",
  on: "governance",
  signature: "revokeRole(uint64,address)",
  parameters: ["role", "account"],
  async argumentsOf([roleText, account], context) {
    const [role, member] = [roleIn(roleText), addressIn(account)];
    const { isMember } = await membershipOf(role, member, context);
    if (!isMember) throw new InputError(`${member} does not have the role ${role}`);
    return [ROLE[role], member];
  },
  notes([roleText]) {
    const role = roleIn(roleText);
    const alone =
      role === "admin"
        ? "nobody can ever name anybody again"
        : `nobody can act as ${role} until the admin names another`;
    return Promise.resolve([`If they are the only ${role}, ${alone}`]);
  },
};
