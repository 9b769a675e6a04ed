import { expect } from "chai";
import type { Contract } from "ethers";
import type { Explained } from "../../scripts/bench/gas/differenceTable.ts";
import { GasChain } from "../../scripts/bench/gas/gasChain.ts";
import { GROUPS, type GasByGroup } from "../../scripts/bench/gas/gasGroups.ts";
import { differences, type GasRows } from "../../scripts/bench/gas/gasSnapshot.ts";
import { gasTable } from "../../scripts/bench/gas/gasTable.ts";
import { OPERATIONS } from "../../scripts/bench/gas/operations.ts";
import { strangePeers } from "../../scripts/bench/gas/peers/knownPeers.ts";
import { artifactsOf } from "../../scripts/deploy/artifacts.ts";

const ROWS = Object.fromEntries(OPERATIONS.map(({ name }) => [name, 100_000])) as GasRows;

/** What the peers cost when this bench was written. */
const MORPHO = {
  depositFirst: 70_707,
  depositNext: 53_607,
  supplyNext: 77_671,
  borrowNext1: 83_553,
  repayPart: 77_622,
  withdrawWithDebt1: 80_897,
  liquidate1: 104_039,
};
const AAVE = {
  depositFirst: 177_385,
  depositNext: 135_500,
  supplyNext: 135_524,
  borrowNext1: 203_721,
  borrowNext2: 232_626,
  borrowNext5: 321_204,
  repayPart: 141_641,
  withdrawWithDebt1: 192_104,
  withdrawWithDebt5: 310_194,
  liquidate1: 278_075,
  liquidate5: 396_208,
  health1: 90_167,
  health2: 119_685,
  health5: 208_242,
};

function sumOf(gas: GasByGroup): number {
  return GROUPS.reduce((sum, group) => sum + gas[group], 0);
}

describe("the gas bench's chain", () => {
  const balance = 1_000n;
  const load = artifactsOf("default");
  let chain: GasChain;
  let token: Contract;

  async function transfer(amount: bigint): Promise<Explained> {
    const call = [token, "transfer", chain.signer(2).address, amount] as const;
    const { gas, explain } = await chain.measure(chain.signer(1), call);
    return { gas, breakdown: await explain() };
  }

  beforeEach(async () => {
    chain = await GasChain.start();
    token = await chain.deploy(load("mocks/MockERC20.sol", "MockERC20"), ["Token", "T", 18]);
    for (const holder of [1, 2]) {
      await chain.act(chain.signer(0), [token, "mint", chain.signer(holder).address, balance]);
    }
  });

  it("splits a transfer into what it is known to be made of, to the last unit", async () => {
    const { gas, breakdown } = await transfer(400n);
    const { total, byCode } = breakdown;
    expect(sumOf(total)).to.equal(gas);
    expect([total["sload cold"], total["sload warm"]]).to.deep.equal([4_200, 0]);
    expect([total["sstore new"], total["sstore change"], total["sstore again"]]).to.deep.equal([0, 5_800, 0]);
    expect(total.log).to.equal(3 * 375 + 375 + 8 * 32);
    expect(total.refund).to.equal(0);
    const code = (token.target as string).toLowerCase();
    expect([...byCode.keys()]).to.deep.equal([code]);
    expect(sumOf(byCode.get(code)!)).to.equal(gas - total.transaction);
    expect(total.transaction).to.be.within(21_000 + 24 * 16, 21_000 + 68 * 16);
  });

  it("gives back what a cleared slot is worth", async () => {
    const { gas, breakdown } = await transfer(balance);
    expect(breakdown.total.refund).to.equal(-4_800);
    expect(sumOf(breakdown.total)).to.equal(gas);
  });

  it("takes of a metered view what lies between the two readings of the gas, and says whose it is", async () => {
    const meter = await chain.deploy(load("mocks/ViewMeter.sol", "ViewMeter"), []);
    const question = token.interface.encodeFunctionData("balanceOf", [chain.signer(1).address]);
    const { gas, explain } = await chain.measureView([meter, "measure", token.target, question]);
    const breakdown = await explain();
    expect(sumOf(breakdown.total)).to.equal(gas);
    expect(breakdown.total["call cold"]).to.be.within(2_600, 2_700);
    expect(breakdown.total["sload cold"]).to.equal(2_100);
    const [asked, asking] = [token, meter].map(({ target }) =>
      breakdown.byCode.get((target as string).toLowerCase()),
    );
    expect(asked?.["sload cold"]).to.equal(2_100);
    expect(asking?.["call cold"]).to.equal(breakdown.total["call cold"]);
  });

  it("costs the same on every run, block after block of twelve seconds", async () => {
    const first = await transfer(400n);
    const time = chain.time;
    const second = await transfer(400n);
    expect(chain.time).to.equal(time + 12n);
    expect(second.gas).to.equal(first.gas);
  });
});

describe("the gas snapshot", () => {
  it("lets a thousandth pass and names everything beyond it", () => {
    expect(differences(ROWS, ROWS)).to.deep.equal([]);
    expect(differences(ROWS, { ...ROWS, openCall: 100_100, health5: 99_900 })).to.deep.equal([]);
    expect(differences(ROWS, { ...ROWS, openCall: 100_101, health5: 99_899 })).to.deep.equal([
      "openCall: 100101 instead of 100000 (+101)",
      "health5: 99899 instead of 100000 (-101)",
    ]);
  });

  it("names a row that was never kept", () => {
    const kept: Partial<GasRows> = { ...ROWS };
    delete (kept as { borrowNext1?: number }).borrowNext1;
    expect(differences(kept, ROWS)).to.deep.equal(["borrowNext1: 100000, not kept so far"]);
  });
});

describe("the gas table", () => {
  it("has every operation with its target, and a peer only where it was measured", () => {
    const table = gasTable(ROWS, { morpho: MORPHO, aave: AAVE });
    expect(Object.keys(table)).to.deep.equal([
      "depositFirst",
      "depositNext",
      "supplyNext",
      "borrowNext1",
      "borrowNext2",
      "borrowNext5",
      "repayPart",
      "withdrawWithDebt1",
      "withdrawWithDebt5",
      "liquidate1",
      "liquidate5",
      "openCall",
      "openCallOf200",
      "health1",
      "health2",
      "health5",
    ]);
    const { borrowNext2, openCall } = table;
    expect(table.supplyNext).to.deep.equal({ ours: 100_000, target: 83_000, morpho: 77_671, aave: 135_524 });
    expect(borrowNext2).to.deep.equal({ ours: 100_000, target: 109_000, aave: 232_626 });
    expect(openCall).to.deep.equal({ ours: 100_000, target: 90_000 });
  });
});

describe("a run of the gas bench", () => {
  it("counts when the peers cost what they are known to cost", () => {
    expect(strangePeers({ morpho: MORPHO, aave: AAVE })).to.deep.equal([]);
  });

  it("is void when a row of a peer is more than 2 per cent from that, or missing", () => {
    const [known, aboveIt] = [78_211, 79_776];
    const strange = strangePeers({ morpho: { ...MORPHO, supplyNext: aboveIt }, aave: { health1: 89_918 } });
    expect(strange[0]).to.equal(`Morpho's supplyNext is ${aboveIt}, known as ${known}`);
    expect(strange).to.include("Aave's liquidate5 was not measured");
    expect(strange).to.have.length(1 + Object.keys(AAVE).length - 1);
    const atTheEdge = Math.floor(known * 1.02);
    expect(strangePeers({ morpho: { ...MORPHO, supplyNext: atTheEdge }, aave: AAVE })).to.deep.equal([]);
  });
});
