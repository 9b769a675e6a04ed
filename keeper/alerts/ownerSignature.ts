import { Interface, verifyTypedData } from "ethers";
import { alertDigest, type AlertTypedData } from "../../sdk/alertRequest.ts";
import { decoded, stateCall } from "../sources/contractCall.ts";
import type { Rpc } from "../sources/rpcClient.ts";
import { withOne } from "../sources/withOne.ts";

const abi = new Interface([
  "function isValidSignature(bytes32 digest, bytes signature) view returns (bytes4)",
]);
const MAGIC = "0x1626ba7e";
/** What a wallet's contract may use; an endpoint must not be kept busy by a stranger's code. */
const MOST_GAS = "0x7a120";

/**
 * Whether `owner` has signed: by its key, or, where it is a contract, by its own word (ERC-1271). Throws a
 * `RetryableError` when no endpoint can say.
 */
export async function isSignedBy(
  owner: string,
  data: AlertTypedData,
  signature: string,
  rpc: Rpc,
): Promise<boolean> {
  if (signerOf(data, signature) === owner) return true;
  const input = abi.encodeFunctionData("isValidSignature", [alertDigest(data), signature]);
  const call = stateCall("eth_call", [{ to: owner, data: input, gas: MOST_GAS }], "latest");
  return withOne(rpc, async (one) => {
    const [answer] = await one.batch([call]);
    return decoded(abi, "isValidSignature", answer)?.[0] === MAGIC;
  });
}

/** Undefined for bytes that are no key's signature. */
function signerOf({ domain, types, message }: AlertTypedData, signature: string): string | undefined {
  try {
    return verifyTypedData(domain, types, message, signature);
  } catch {
    return undefined;
  }
}
