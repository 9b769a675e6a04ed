import { stopOf } from "../../sdk/clockState.ts";
import { single, type GaugeSpec } from "./gaugeSpec.ts";

const TRUST = ["agreed", "alone", "silent", "disputed"] as const;

/** The chain, and how well it is seen. */
export const CHAIN_GAUGES: readonly GaugeSpec[] = [
  single("tocsin_head_block", "Number of the newest block decided upon.", ({ head }) => head.number),
  single("tocsin_head_timestamp_seconds", "Block time of that block.", ({ head }) => Number(head.timestamp)),
  single("tocsin_head_age_seconds", "How far that is behind the machine's clock.", (_, m) => m.ageSeconds),
  single("tocsin_head_still_seconds", "Since there was a new block.", (_, m) => m.stillSeconds),
  single("tocsin_endpoints_configured", "Endpoints in the configuration.", (v) => v.endpoints.all.length),
  {
    name: "tocsin_endpoint_in_use",
    help: "1 for an endpoint in use, 0 for one that is set aside; numbered as configured.",
    labels: ["endpoint"],
    read: ({ endpoints }) =>
      endpoints.all.map(({ isAside }, i) => [Number(!isAside), { endpoint: String(i) }] as const),
  },
  {
    name: "tocsin_endpoint_requests",
    help: "HTTP requests to an endpoint since the start, numbered as configured.",
    labels: ["endpoint"],
    read: ({ endpoints }) =>
      endpoints.all.map(({ asked }, i) => [asked.requests, { endpoint: String(i) }] as const),
  },
  {
    name: "tocsin_trust",
    help: "1 for how far the newest block is believed, 0 for the others.",
    labels: ["trust"],
    read: ({ times }) => TRUST.map((trust) => [Number(times.trust === trust), { trust }] as const),
  },
  single("tocsin_oracle_available", "Whether the vault's oracle answers.", ({ snapshot }) =>
    Number(snapshot.prices.available),
  ),
  {
    name: "tocsin_price_fresh",
    help: "Whether a collateral's price is fresh.",
    labels: ["collateral"],
    read: ({ snapshot: { prices } }, { config }) =>
      config.deployment.collaterals.map(
        ({ number, symbol }) =>
          [Number((prices.freshSet & (1 << number)) !== 0), { collateral: symbol }] as const,
      ),
  },
  single("tocsin_clock_stopped", "Whether the protocol's clock stands still.", ({ snapshot }) =>
    Number(stopOf(snapshot.clock) !== undefined),
  ),
];
