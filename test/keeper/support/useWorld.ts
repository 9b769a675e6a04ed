import { after, before } from "mocha";
import { startChain, type Chain } from "./chain.ts";
import { buildWorld, type World, type WorldVolatility } from "./world.ts";

/** A chain and a vault on it, there from the first hook or test on that runs after `useWorld`'s own. */
export interface WorldInUse {
  readonly chain: Chain;
  readonly world: World;
}

/** Has a chain with a vault before the tests of the `describe` it is called in, and lets go of both after them. */
export function useWorld(volatility?: WorldVolatility): WorldInUse {
  let chain: Chain;
  let world: World;
  before(async () => {
    chain = await startChain();
    world = await buildWorld(chain, volatility);
  });
  after(async () => {
    world.close();
    await chain.close();
  });
  return {
    get chain() {
      return chain;
    },
    get world() {
      return world;
    },
  };
}
