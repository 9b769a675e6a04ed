import { Interface, keccak256 } from "ethers";
import type { Deployment } from "../../../sdk/deployment.ts";
import type { BlockHeader } from "../../sources/blockHeader.ts";
import { resultOf } from "../../sources/chainReader.ts";
import { contractCall, decoded, stateCall } from "../../sources/contractCall.ts";
import type { Rpc } from "../../sources/rpcClient.ts";
import { failure, ok, warning, type Finding } from "./finding.ts";

const vaultAbi = new Interface([
  "function oracle() view returns (address)",
  "function asset() view returns (address)",
]);
const SUBJECT = "contracts";

/** Whether the deployment's contracts are where it says, with the code that was deployed, and belong together. */
export async function checkContracts(
  rpc: Rpc,
  deployment: Deployment,
  head: BlockHeader,
): Promise<readonly Finding[]> {
  const named = namedContracts(deployment);
  const answers = await rpc.batch(named.map(({ address }) => stateCall("eth_getCode", [address], head)));
  const wrong = named.flatMap(({ name, address, codeHash }, i): Finding[] => {
    const code = String(resultOf(answers[i]));
    if (code === "0x") {
      return [
        failure(
          SUBJECT,
          `there is no contract at ${address}, the ${name}`,
          "use the deployment file of this chain",
        ),
      ];
    }
    if (codeHash === undefined || keccak256(code) === codeHash) return [];
    const says = `the code of ${name} at ${address} is not what was deployed`;
    return [
      failure(SUBJECT, says, "do not send anything; find out which of chain and deployment file is wrong"),
    ];
  });
  if (wrong.length > 0) return wrong;
  const hashed = named.filter(({ codeHash }) => codeHash !== undefined).length;
  const says = `${named.length} are there, the code of ${hashed} is what was deployed`;
  return [ok(SUBJECT, says), ...(await checkRelations(rpc, deployment, head))];
}

interface NamedContract {
  readonly name: string;
  readonly address: string;
  readonly codeHash: string | undefined;
}

function namedContracts(deployment: Deployment): readonly NamedContract[] {
  const deployed = Object.entries(deployment.contracts).map(([name, { address, codeHash }]) => ({
    name,
    address,
    codeHash,
  }));
  const { vault, oracle, clock, callLogic, liquidationLogic, quote } = deployment;
  const others = Object.entries({ vault, oracle, clock, callLogic, liquidationLogic, quote: quote.address });
  const known = new Set(deployed.map(({ address }) => address));
  const rest = others.filter(([, address]) => !known.has(address));
  return [...deployed, ...rest.map(([name, address]) => ({ name, address, codeHash: undefined }))];
}

async function checkRelations(
  rpc: Rpc,
  { vault, oracle, quote }: Deployment,
  head: BlockHeader,
): Promise<readonly Finding[]> {
  const wanted = { oracle, asset: quote.address };
  const names = Object.keys(wanted) as (keyof typeof wanted)[];
  const answers = await rpc.batch(names.map((name) => contractCall(vault, vaultAbi, name, [], head)));
  return names.flatMap((name, i): Finding[] => {
    const found = decoded(vaultAbi, name, answers[i])?.[0] as string | undefined;
    if (found === wanted[name]) return [];
    const says = `the vault's ${name} is ${found ?? "silent"}; the deployment says ${wanted[name]}`;
    if (name === "asset") return [failure(SUBJECT, says, "use this vault's deployment file")];
    return [
      warning(
        SUBJECT,
        says,
        "the vault has moved on; write the new address and feeds into the deployment file",
      ),
    ];
  });
}
