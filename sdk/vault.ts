import type { ContractRunner } from "ethers";
// From the interfaces alone: the contracts' own factories carry bytecode, which no browser needs.
import { IMarginVault__factory } from "../types/factories/interfaces/IMarginVault__factory.ts";
import { IOracle__factory } from "../types/factories/interfaces/IOracle__factory.ts";
import { IUptimeClock__factory } from "../types/factories/interfaces/IUptimeClock__factory.ts";
import type { IMarginVault } from "../types/interfaces/IMarginVault.ts";
import type { IOracle } from "../types/interfaces/IOracle.ts";
import type { IUptimeClock } from "../types/interfaces/IUptimeClock.ts";
import type { Deployment } from "./deployment.ts";
import { sharesAt, tokenAt, type Shares, type Token } from "./token.ts";

/** A vault's contracts, typed and bound to a provider or signer. */
export interface VaultHandle {
  readonly deployment: Deployment;
  /** The traders', the keepers' and the configurator's side. */
  readonly vault: IMarginVault;
  /** The lenders' side of the same contract. */
  readonly shares: Shares;
  /** The oracle of the deployment; `vault.oracle()` tells whether it has been replaced. */
  readonly oracle: IOracle;
  /** The clock of calls and auctions, for good. */
  readonly clock: IUptimeClock;
  readonly quote: Token;
  /** By number. */
  readonly collaterals: readonly Token[];
}

/** Binds the contracts of `deployment` to `runner`. Sends nothing. */
export function connectVault(deployment: Deployment, runner: ContractRunner): VaultHandle {
  return {
    deployment,
    vault: IMarginVault__factory.connect(deployment.vault, runner),
    shares: sharesAt(deployment.vault, runner),
    oracle: IOracle__factory.connect(deployment.oracle, runner),
    clock: IUptimeClock__factory.connect(deployment.clock, runner),
    quote: tokenAt(deployment.quote.address, runner),
    collaterals: deployment.collaterals.map(({ address }) => tokenAt(address, runner)),
  };
}
