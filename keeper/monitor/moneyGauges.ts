import { statSync } from "node:fs";
import { single, wholeUnits, type GaugeSpec } from "./gaugeSpec.ts";

const COIN_DECIMALS = 18;

/** What the keeper can pay with, and what its memory weighs. */
export const MONEY_GAUGES: readonly GaugeSpec[] = [
  {
    name: "tocsin_wallet_native",
    help: "Coins for gas, by the lane whose key holds them; lanes may share a key.",
    labels: ["lane"],
    read: (_, { nativeWei }) =>
      [...nativeWei].map(([lane, wei]) => [wholeUnits(wei, COIN_DECIMALS), { lane }] as const),
  },
  {
    name: "tocsin_wallet_runway_transactions",
    help: "Largest transactions that a lane's key can still pay for at today's price of gas.",
    labels: ["lane"],
    read: ({ snapshot }, { nativeWei, config }) =>
      [...nativeWei].map(([lane, wei]) => {
        const one = snapshot.gas.weiPerGas * BigInt(config.maxGasPerTransaction);
        return [one === 0n ? 0 : Number(wei / one), { lane }] as const;
      }),
  },
  single("tocsin_wallet_quote", "Quote tokens to liquidate with.", ({ snapshot }, { config }) =>
    wholeUnits(snapshot.wallet.quote, config.deployment.quote.decimals),
  ),
  single(
    "tocsin_wallet_allowance_quote",
    "Of these, what the vault may take.",
    ({ snapshot }, { config }) => {
      const { quote, allowance } = snapshot.wallet;
      return wholeUnits(allowance < quote ? allowance : quote, config.deployment.quote.decimals);
    },
  ),
  single(
    "tocsin_gas_price_gwei",
    "What a unit of gas costs in the next block, tip included.",
    ({ snapshot }) => wholeUnits(snapshot.gas.weiPerGas, 9),
  ),
  single("tocsin_sending_stopped", "Whether the stop file is there.", ({ times }) => Number(times.isStopped)),
  single(
    "tocsin_store_bytes",
    "The store on the disk, with what is not yet merged into it.",
    (_, { config }) =>
      [config.storeFile, `${config.storeFile}-wal`]
        .map((file) => statSync(file, { throwIfNoEntry: false })?.size ?? 0)
        .reduce((sum, size) => sum + size, 0),
  ),
];
