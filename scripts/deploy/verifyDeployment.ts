import { Contract, keccak256, type Provider } from "ethers";
import type { Deployment } from "../../sdk/deployment.ts";
import { verifyGovernance } from "./verifyGovernance.ts";
import { followedTermsOf } from "./followVolatility.ts";
import type { LoadArtifact } from "./artifacts.ts";
import type { VaultPlan } from "./plan.ts";

/**
 * Compares what stands on the chain with a deployment and its plan.
 * Returns one sentence for each difference; none means that it is as planned.
 */
export async function verifyDeployment(
  provider: Provider,
  deployment: Deployment,
  plan: VaultPlan,
  load: LoadArtifact,
): Promise<string[]> {
  const problems: string[] = [];
  const expect = (what: string, found: unknown, wanted: unknown): void => {
    if (String(found) !== String(wanted)) {
      problems.push(`${what} is ${String(found)}, planned ${String(wanted)}`);
    }
  };
  for (const [name, contract] of Object.entries(deployment.contracts)) {
    expect(`code of ${name}`, keccak256(await provider.getCode(contract.address)), contract.codeHash);
  }

  const vault = new Contract(deployment.vault, load("MarginVault.sol", "MarginVault").abi, provider);
  const read = (name: string, ...args: unknown[]): Promise<unknown> =>
    vault.getFunction(name).staticCall(...args) as Promise<unknown>;
  expect("quote asset", await read("asset"), plan.quote.asset);
  expect("configurator", await read("configurator"), deployment.configurator);
  expect("interest rate model", await read("interestRateModel"), deployment.interestRateModel);
  expect("authority", await read("authority"), deployment.authority);
  expect("clock", await read("clock"), deployment.clock);
  expect("oracle", await read("oracle"), deployment.oracle);
  compareFields("risk terms", await read("riskTerms"), plan.riskTerms, expect);
  compareFields("fee", await read("feeTerms"), plan.fee, expect);
  expect("number of collaterals", await read("collateralCount"), plan.collaterals.length);
  const configurator = new Contract(
    deployment.configurator,
    load("RiskConfigurator.sol", "RiskConfigurator").abi,
    provider,
  );
  for (const [number, planned] of plan.collaterals.entries()) {
    const [asset, terms] = (await read("collateralAt", number)) as [string, unknown];
    expect(`collateral ${number}`, asset, planned.asset);
    const { initialBps, maintenanceBps, liquidationBps, maxDiscountBps, cap } = planned;
    const wanted = { initialBps, maintenanceBps, liquidationBps, maxDiscountBps, cap };
    const followed = await followedTermsOf(configurator, deployment.vault, asset);
    expect(`gauge of collateral ${number}`, followed?.gauge, deployment.collaterals[number]?.gauge);
    if (followed === undefined) {
      compareFields(`collateral ${number}`, terms, wanted, expect);
      continue;
    }
    // The weights in the vault may be tightened just now; what was planned is what they are without.
    const { slopeBps, capBps } = planned.volatility ?? {};
    compareFields(`collateral ${number}`, followed, { initialBps, maintenanceBps, slopeBps, capBps }, expect);
    compareFields(`collateral ${number}`, terms, { liquidationBps, maxDiscountBps, cap }, expect);
  }
  await verifyGovernance(provider, deployment, plan, load, expect);
  return problems;
}

function compareFields(
  what: string,
  answer: unknown,
  wanted: Readonly<Record<string, unknown>>,
  expect: (what: string, found: unknown, wanted: unknown) => void,
): void {
  const named = answer as Record<string, unknown>;
  for (const [name, value] of Object.entries(wanted)) expect(`${what}: ${name}`, named[name], value);
}
