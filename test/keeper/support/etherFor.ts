/** Base units of ether that give a debt of 10,000 USDC a health factor of `health` at `price`, in the world of the tests. */
export function etherFor(health: number, price = 2_000): bigint {
  return BigInt(Math.round((10_000 / 0.802 / price) * health * 1e9)) * 10n ** 9n;
}
