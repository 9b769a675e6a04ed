import type { Config, KeySource } from "./config.ts";
import { allowListOf } from "./executors/allowList.ts";
import { broadcasterOver, Delivery, type Relay } from "./executors/delivery.ts";
import type { Targets } from "./executors/encodeAction.ts";
import type { GasBudget } from "./executors/gasBudget.ts";
import type { KillSwitch } from "./executors/killSwitch.ts";
import type { Lane } from "./executors/lane.ts";
import { keylessSigner } from "./executors/keylessSigner.ts";
import { Lanes } from "./executors/lanes.ts";
import { Outbox } from "./executors/outbox.ts";
import { openSigner, type Signer } from "./executors/signer.ts";
import type { Log } from "./log.ts";
import { RpcClient, type Broadcaster, type Rpc } from "./sources/rpcClient.ts";
import type { Store } from "./store/store.ts";

export type Signers = Readonly<Record<Lane, Signer>>;

export interface LaneParts {
  readonly config: Config;
  /** Endpoints; those that can are sent to all at once. */
  readonly rpc: Rpc | (Rpc & Broadcaster);
  readonly store: Store;
  readonly signers: Signers;
  readonly killSwitch: KillSwitch;
  readonly gasBudget: GasBudget;
  readonly log: Log;
  readonly signal: AbortSignal;
}

/** A relay that does not answer is not waited for: the take it holds back is lost to others. */
const LONGEST_RELAY_WAIT_MS = 2_000;

/** Opens each lane's key, the same one once, and none but to be live. Throws a `UserError` that contains no part of any. */
export async function openSigners(
  { keys, mode }: Pick<Config, "keys" | "mode">,
  environment: NodeJS.ProcessEnv,
): Promise<Signers> {
  if (mode !== "live" || keys === undefined) {
    return { urgent: keylessSigner, normal: keylessSigner, housekeeping: keylessSigner };
  }
  const opened = new Map<string, Signer>();
  // One after another: a variable that several lanes name is removed by the first that reads it.
  const open = async (source: KeySource): Promise<Signer> => {
    const name = JSON.stringify(source);
    const signer = opened.get(name) ?? (await openSigner(source, environment));
    opened.set(name, signer);
    return signer;
  };
  return {
    urgent: await open(keys.urgent),
    normal: await open(keys.normal),
    housekeeping: await open(keys.housekeeping),
  };
}

/** What the keeper deals with; what it takes goes to the key that pays for it. */
export function targetsOf({ deployment, flashLiquidator }: Config, { urgent }: Signers): Targets {
  return {
    vault: deployment.vault,
    oracle: deployment.oracle,
    configurator: deployment.configurator,
    quote: deployment.quote.address,
    keeper: urgent.address,
    flash: flashLiquidator && {
      liquidator: flashLiquidator.address,
      paths: new Set(flashLiquidator.routes.map(({ path }) => path.toLowerCase())),
    },
  };
}

/** The outboxes: one for each key, whatever names it has. */
export function openLanes(parts: LaneParts): Lanes {
  const outboxes = new Map<string, Outbox>();
  const outboxOf = (signer: Signer): Outbox => {
    const outbox = outboxes.get(signer.address) ?? openOutbox(parts, signer);
    outboxes.set(signer.address, outbox);
    return outbox;
  };
  const { urgent, normal, housekeeping } = parts.signers;
  return new Lanes({
    urgent: outboxOf(urgent),
    normal: outboxOf(normal),
    housekeeping: outboxOf(housekeeping),
  });
}

function openOutbox({ config, rpc, signers, ...parts }: LaneParts, signer: Signer): Outbox {
  const { chainId } = config.deployment;
  const limits = {
    chainId: BigInt(chainId),
    maxGas: BigInt(config.maxGasPerTransaction),
    maxFeePerGas: config.maxFeeGwei,
  };
  const broadcaster = "broadcast" in rpc ? rpc : broadcasterOver(rpc);
  return new Outbox({
    ...parts,
    rpc,
    signer,
    chainId,
    allowList: allowListOf(targetsOf(config, signers), limits),
    delivery: new Delivery(broadcaster, relayOf(config, parts.signal), parts.log),
    fees: config,
    replaceAfterBlocks: config.replaceAfterBlocks,
    giveUpAfterBlocks: config.giveUpAfterBlocks,
  });
}

function relayOf(
  { relayUrl, relayMethod, relayBlocks, rpcTimeoutMs }: Config,
  signal: AbortSignal,
): Relay | undefined {
  if (relayUrl === undefined) return undefined;
  const timeoutMs = Math.min(rpcTimeoutMs, LONGEST_RELAY_WAIT_MS);
  return {
    rpc: new RpcClient({ url: relayUrl, timeoutMs, signal }),
    method: relayMethod,
    blocks: relayBlocks,
  };
}
