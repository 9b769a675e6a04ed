import type { Signer } from "ethers";
import { InputError } from "../../sdk/inputError.ts";
import { formatTime } from "../../sdk/format.ts";
import { governanceAt, permissionFor, type GovernedCall } from "./permission.ts";

/** What became of an act. */
export type Outcome = "done" | "scheduled" | "waits" | "executed";

/**
 * Does what `signer` may do now: makes the call where they have no delay, else schedules it, else executes what is
 * scheduled and ready. Throws an `InputError` where they lack the role; rejects with the node's error on a revert.
 */
export async function sendAct(
  signer: Signer,
  governanceAddress: string,
  call: GovernedCall,
  now: bigint,
  say: (line: string) => void,
): Promise<Outcome> {
  const from = await signer.getAddress();
  const governance = governanceAt(governanceAddress, signer);
  const { role, caller, readyAt } = await permissionFor(governance, call, from);
  if (caller?.may !== true) throw new InputError(`${from} does not have the role ${role}`);
  const { target, data } = call;
  if (caller.delaySeconds === 0n) {
    await (await signer.sendTransaction({ to: target, data })).wait();
    say("Done.");
    return "done";
  }
  if (readyAt === 0n) {
    // Asked first, so that what would be refused in the end is refused now, with the governance's own sentence.
    await governance.getFunction("schedule").staticCall(target, data, 0n);
    const sent = await governance.getFunction("schedule").send(target, data, 0n);
    await sent.wait();
    say(`Scheduled: the same command executes it from ${formatTime(now + caller.delaySeconds)} on.`);
    return "scheduled";
  }
  if (now < readyAt) {
    say(`Scheduled already: it can be executed from ${formatTime(readyAt)} on. Nothing was sent.`);
    return "waits";
  }
  const sent = await governance.getFunction("execute").send(target, data);
  await sent.wait();
  say("Executed.");
  return "executed";
}
