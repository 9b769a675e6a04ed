import { rangeLogsProbe } from "../../../keeper/sources/chainReader.ts";
import { ask } from "../../../keeper/sources/probe.ts";
import type { VaultEvent, VaultEventName } from "../../../sdk/vaultEvent.ts";
import { decodeVaultEvent } from "../../../sdk/vaultEvents.ts";
import type { Chain } from "./chain.ts";
import type { World } from "./world.ts";

/** What the vault reported, and in which block. */
export type SeenVaultEvent = VaultEvent & { readonly block: number };
export type SeenVaultEventOf<Name extends VaultEventName> = Extract<SeenVaultEvent, { name: Name }>;

/** All events of the world's vault so far. */
export async function readEvents(chain: Chain, { deployment }: World): Promise<SeenVaultEvent[]> {
  const head = Number(await chain.send<string>("eth_blockNumber"));
  const [logs] = await ask(chain.rpc, rangeLogsProbe(deployment.vault, deployment.deployBlock, head));
  return logs.flatMap((log) => {
    const event = decodeVaultEvent(log);
    return event === undefined ? [] : [{ ...event, block: log.blockNumber }];
  });
}

/** Those called `name`. */
export async function readEventsNamed<Name extends VaultEventName>(
  chain: Chain,
  world: World,
  name: Name,
): Promise<SeenVaultEventOf<Name>[]> {
  const events = await readEvents(chain, world);
  return events.filter((event): event is SeenVaultEventOf<Name> => event.name === name);
}
