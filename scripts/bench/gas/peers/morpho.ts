import type { Contract } from "ethers";
import { artifactsOf } from "../../../deploy/artifacts.ts";
import { fund } from "../fund.ts";
import type { GasChain, Measurement } from "../gasChain.ts";
import { KEEPER, LENDER, TRADER, UNIT } from "../market.ts";
import type { OperationName } from "../operations.ts";
import { compilePeer, type LoadPeer } from "./compilePeer.ts";

/** What Morpho Blue has of the operations. */
export type MorphoName = Exclude<OperationName, "openCall" | "openCallOf200" | `${string}2` | `${string}5`>;

interface Morpho {
  readonly morpho: Contract;
  /** The market's parameters, which every call repeats. */
  readonly market: readonly unknown[];
  readonly oracle: Contract;
  /** Works out a borrower's health, and reports what that costs. */
  readonly health: Contract;
}

/** Morpho's oracles answer a ratio of two prices, times 1e36. */
const RATIO = 2_000n * 10n ** 36n;
const FALLEN_RATIO = 1_700n * 10n ** 36n;
const LLTV = (86n * UNIT) / 100n;
const NO_DATA = "0x";

/** Measures it with the mock of a curve that its package has: the one in use keeps a rate of its own and costs more. */
export async function measureMorpho(chain: GasChain): Promise<Readonly<Record<MorphoName, Measurement>>> {
  const { morpho, market, oracle, health } = await deployMorpho(chain);
  const [lender, trader, keeper] = [chain.signer(LENDER), chain.signer(TRADER), chain.signer(KEEPER)];
  const supply = [morpho, "supply", market, 1_000_000n * UNIT, 0n, lender.address, NO_DATA] as const;
  const deposit = [morpho, "supplyCollateral", market, 10n * UNIT, trader.address, NO_DATA] as const;
  const borrow = [morpho, "borrow", market, 8_000n * UNIT, 0n, trader.address, trader.address] as const;
  const repay = [morpho, "repay", market, 50n * UNIT, 0n, trader.address, NO_DATA] as const;
  const withdrawal = [market, UNIT / 100n, trader.address, trader.address] as const;

  await chain.act(lender, supply);
  await chain.act(keeper, [morpho, "supplyCollateral", market, 1_000n * UNIT, keeper.address, NO_DATA]);
  await chain.act(keeper, [morpho, "borrow", market, 500_000n * UNIT, 0n, keeper.address, keeper.address]);
  const depositFirst = await chain.measure(trader, deposit);
  const depositNext = await chain.measure(trader, deposit);
  const supplyNext = await chain.measure(lender, supply);
  await chain.act(trader, [morpho, "borrow", market, 24_000n * UNIT, 0n, trader.address, trader.address]);
  const borrowNext1 = await chain.measure(trader, borrow);
  const repayPart = await chain.measure(trader, repay);
  const withdrawWithDebt1 = await chain.measure(trader, [morpho, "withdrawCollateral", ...withdrawal]);
  const health1 = await chain.measureView([health, "measure", morpho.target, market, trader.address]);
  await chain.act(chain.signer(0), [oracle, "setPrice", FALLEN_RATIO]);
  const take = [morpho, "liquidate", market, trader.address, UNIT, 0n, NO_DATA] as const;
  const liquidate1 = await chain.measure(keeper, take);
  const plain = { depositFirst, depositNext, supplyNext, borrowNext1, repayPart };
  return { ...plain, withdrawWithDebt1, liquidate1, health1 };
}

async function deployMorpho(chain: GasChain): Promise<Morpho> {
  const load = compileMorpho();
  const owner = chain.signer(0);
  const token = artifactsOf("production")("mocks/MockERC20.sol", "MockERC20");
  const loan = await chain.deploy(token, ["Quote", "QUOTE", 18]);
  const collateral = await chain.deploy(token, ["Token 0", "T0", 18]);
  const morpho = await chain.deploy(load("Morpho"), [owner.address]);
  const irm = await chain.deploy(load("IrmMock"), []);
  const oracle = await chain.deploy(load("OracleMock"), []);
  const health = await chain.deploy(load("MorphoHealth"), []);
  const holders = [LENDER, TRADER, KEEPER];
  await fund(chain, [loan, collateral], { holders, spender: morpho.target });
  const market = [loan.target, collateral.target, oracle.target, irm.target, LLTV];
  await chain.act(owner, [oracle, "setPrice", RATIO]);
  await chain.act(owner, [morpho, "enableIrm", irm.target]);
  await chain.act(owner, [morpho, "enableLltv", LLTV]);
  await chain.act(owner, [morpho, "createMarket", market]);
  return { morpho, market, oracle, health };
}

function compileMorpho(): LoadPeer {
  return compilePeer({
    name: "morpho",
    compiler: "solc-0.8.19",
    settings: {
      optimizer: { enabled: true, runs: 999_999 },
      viaIR: true,
      evmVersion: "paris",
      metadata: { bytecodeHash: "none" },
    },
    entries: [
      "morpho-blue/src/Morpho.sol",
      "morpho-blue/src/mocks/IrmMock.sol",
      "morpho-blue/src/mocks/OracleMock.sol",
      "bench/MorphoHealth.sol",
    ],
    folders: {
      "morpho-blue/": "node_modules/@morpho-org/morpho-blue",
      "bench/": "scripts/bench/gas/peers",
    },
  });
}
