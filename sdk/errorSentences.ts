/** Puts an error's arguments into words; each method takes an argument's name. */
export interface Speaker {
  readonly account: (name: string) => string;
  readonly address: (name: string) => string;
  /** A token by symbol where it is known, else by address. */
  readonly asset: (name: string) => string;
  /** Base units of the quote asset. */
  readonly quote: (name: string) => string;
  /** Base units of the token that the argument `assetName` names. */
  readonly amount: (name: string, assetName: string) => string;
  readonly integer: (name: string) => string;
  readonly wad: (name: string) => string;
  readonly bps: (name: string) => string;
  readonly duration: (name: string) => string;
  readonly time: (name: string) => string;
  readonly status: (name: string) => string;
  readonly refusal: (name: string) => string;
}

/** What each error means and what helps, by its declaration. A test holds the list against every compiled contract. */
export const ERROR_SENTENCES: Readonly<Record<string, (say: Speaker) => string>> = {
  // IMarginVaultErrors
  "ZeroAmount()": () => "The amount is zero, which does nothing: name an amount.",
  "ZeroAddress()": () => "A recipient or contract address is zero: name one.",
  "UnknownCollateral(address asset)": (say) =>
    `${say.asset("asset")} is not a collateral of this vault: choose a listed one.`,
  "NotAuthorized(bytes32 account, address caller)": (say) =>
    `Only the owner of account ${say.account("account")} or an operator they have allowed may do this and ${say.address("caller")} is neither: sign with the owner's key, or have the owner set an operator.`,
  "NotConfigurator(address caller)": (say) =>
    `Only the vault's configurator may set its parameters and ${say.address("caller")} is not: go through the configurator.`,
  "TooManyCollaterals(bytes32 account, uint256 maximum)": (say) =>
    `Account ${say.account("account")} already holds ${say.integer("maximum")} collaterals, the most there can be: withdraw one entirely first, or use another sub-account.`,
  "InsufficientCollateral(bytes32 account, address asset, uint256 held, uint256 wanted)": (say) =>
    `Account ${say.account("account")} holds ${say.amount("held", "asset")}, less than the ${say.amount("wanted", "asset")} that were to leave: withdraw less.`,
  "InsufficientCash(uint256 available, uint256 wanted)": (say) =>
    `The vault has ${say.quote("available")} that are not lent, less than the ${say.quote("wanted")} asked for: take less, or wait for repayments.`,
  "CallOpen(bytes32 account, uint256 deadline)": (say) =>
    `A margin call is open on account ${say.account("account")} until ${say.time("deadline")}: cure it by repaying or depositing before borrowing or withdrawing.`,
  "NoCallOpen(bytes32 account)": (say) =>
    `No margin call is open on account ${say.account("account")}, so there is nothing to cure.`,
  "InsufficientMargin(bytes32 account, uint256 initialValue, uint256 debt)": (say) =>
    `Account ${say.account("account")} would owe ${say.quote("debt")} with collateral that counts for ${say.quote("initialValue")} when borrowing: borrow or withdraw less, or deposit first; collateral with an old price counts for nothing here.`,
  "DebtBelowMinimum(bytes32 account, uint256 debt, uint256 minimum)": (say) =>
    `Account ${say.account("account")} would owe ${say.quote("debt")}, under the minimum of ${say.quote("minimum")}: owe at least that, or repay everything.`,
  "CollateralAboveCap(bytes32 account, address asset, uint256 total, uint256 cap)": (say) =>
    `The vault holds ${say.amount("total", "asset")}, above the cap of ${say.amount("cap", "asset")}, so account ${say.account("account")} can neither borrow nor withdraw with debt while it holds ${say.asset("asset")}: withdraw that collateral entirely, repay, or wait.`,
  "BorrowCapExceeded(uint256 debt, uint256 cap)": (say) =>
    `All debt of the vault would be ${say.quote("debt")}, above its cap of ${say.quote("cap")}: borrow less, or wait for repayments.`,
  "CheckPending(bytes32 account)": (say) =>
    `A deferral has touched account ${say.account("account")} and not checked it yet: call, close, liquidate or write it off after the deferral.`,
  "DeferralActive()": () =>
    "A deferral is under way in this transaction: deferrals do not nest, and parameters and fees wait until it ends.",
  "NotImproved(bytes32 account, uint256 debtBefore, uint256 debt)": (say) =>
    `An operator who may only improve account ${say.account("account")} has not (its debt was ${say.quote("debtBefore")} and would be ${say.quote("debt")}): end with no less health, or have the owner allow everything.`,
  "CallingPaused()": () => "The guardian has paused the opening of margin calls: wait until the pause ends.",
  "Braked(address asset, uint256 capacity, uint256 needed)": (say) =>
    `Much of ${say.asset("asset")} has been sold lately: ${say.quote("capacity")} may be sold above the floor now and this takes ${say.quote("needed")}: take less, or wait until the bucket fills.`,
  "LiquidationPaused()": () =>
    "The guardian has paused liquidation above the floor: wait until the pause ends; critical accounts can still be liquidated.",
  "PauseTooLong(uint256 wanted, uint256 maximum)": (say) =>
    `A pause lasts from 1 second to ${say.duration("maximum")}, not ${say.duration("wanted")}: choose a time between.`,
  "PauseBudgetExceeded(uint256 wanted, uint256 available, uint256 periodEnd)": (say) =>
    `The pause counts as ${say.duration("wanted")} and ${say.duration("available")} are left in the period that ends ${say.time("periodEnd")}: pause shorter, or wait.`,
  "NotPaused(uint8 kind)": () => "No pause of this kind is running, so there is nothing to end.",
  "SignatureExpired(uint256 deadline)": (say) =>
    `The signature was good until ${say.time("deadline")}: sign anew with a later deadline.`,
  "InvalidSignature(address owner)": (say) =>
    `The signature is not that of ${say.address("owner")} for exactly this: check the values, the nonce and the chain.`,
  "NotOwner(bytes32 account, address caller)": (say) =>
    `Only the owner of account ${say.account("account")} sets its operators and ${say.address("caller")} is not: sign with the owner's key.`,
  "NoDebt(bytes32 account)": (say) =>
    `Account ${say.account("account")} owes nothing, so there is nothing to repay.`,
  "CureTooExpensive(uint256 needed, uint256 maxPay)": (say) =>
    `The cure takes ${say.quote("needed")}, more than the limit of ${say.quote("maxPay")}: raise the limit, prices and interest have moved.`,
  "OracleUnavailable(address oracle)": (say) =>
    `The oracle at ${say.address("oracle")} gives no answer, so nothing that needs a price can happen: try again later; depositing and repaying always work.`,
  "NotCallable(bytes32 account, uint8 status)": (say) =>
    `No margin call can be opened on account ${say.account("account")}, which is ${say.status("status")}: only a Callable or Lapsed account can be called.`,
  "NotClosable(bytes32 account, uint8 status, uint256 healthWad, uint256 neededWad)": (say) =>
    `The margin call on account ${say.account("account")}, which is ${say.status("status")}, cannot be closed at a health factor of ${say.wad("healthWad")}: bring it to ${say.wad("neededWad")} by repaying or depositing.`,
  "NotLiquidatable(bytes32 account, uint8 status)": (say) =>
    `Account ${say.account("account")} is ${say.status("status")} and cannot be liquidated now: only an Expired, Critical or Insolvent account can.`,
  "CollateralNotHeld(bytes32 account, address asset)": (say) =>
    `Account ${say.account("account")} holds no ${say.asset("asset")}: take a collateral that it holds.`,
  "PriceNotFresh(address asset)": (say) =>
    `The price of ${say.asset("asset")} is not fresh, so it cannot be taken: wait for its feed, or take another collateral.`,
  "WrongCollateral(address asset, uint256 maintenanceBps, uint256 lowestBps)": (say) =>
    `In the first half of an auction the collateral with the lowest maintenance weight, ${say.bps("lowestBps")}, goes first, and ${say.asset("asset")}, at ${say.bps("maintenanceBps")}, is not it or is no more than dust: take that one, or wait for the second half.`,
  "TakeTooSmall(uint256 repaid, uint256 minimum)": (say) =>
    `The take would repay ${say.quote("repaid")}, less than the least of ${say.quote("minimum")}: raise the amount, or empty the collateral.`,
  "RemainingDebtTooSmall(uint256 remaining, uint256 minimum)": (say) =>
    `The take would leave a debt of ${say.quote("remaining")}, under the minimum of ${say.quote("minimum")}: repay all of it, or less.`,
  "SeizedTooLittle(uint256 seized, uint256 minSeized)": (say) =>
    `The take would give ${say.integer("seized")} base units of collateral, less than the ${say.integer("minSeized")} asked for: the price or the auction has moved, so quote again.`,
  "NoImprovement(bytes32 account, address asset, uint256 remaining)": (say) =>
    `A part of ${say.asset("asset")} cannot be taken from account ${say.account("account")} without its floor health falling, and ${say.amount("remaining", "asset")} would stay: take all of it, or another collateral.`,
  "TransferMismatch(address asset, uint256 expected, uint256 received)": (say) =>
    `${say.amount("received", "asset")} arrived where ${say.amount("expected", "asset")} were sent: tokens that take a fee on transfer are not accepted.`,
  "TooManyListed(uint256 maximum)": (say) =>
    `The vault lists ${say.integer("maximum")} collaterals, the most there can be: deploy another vault.`,
  "NotListable(address asset)": (say) =>
    `${say.asset("asset")} is listed already, or is the quote asset or the vault's share: choose another token.`,
  "Refused(bytes32 account, uint8 refusal)": (say) =>
    `The vault refused to act on account ${say.account("account")}: ${say.refusal("refusal")}.`,

  // IRiskConfigurator
  "WeightsOutOfOrder(uint256 initialBps, uint256 maintenanceBps, uint256 liquidationBps)": (say) =>
    `The weights ${say.bps("initialBps")}, ${say.bps("maintenanceBps")} and ${say.bps("liquidationBps")} are out of order: the initial one must be above zero, the maintenance one at least 1.02 times that, the liquidation one at least 1.04 times the maintenance one.`,
  "LiquidationWeightTooHigh(uint256 liquidationBps, uint256 maximumBps)": (say) =>
    `A liquidation weight of ${say.bps("liquidationBps")} is above ${say.bps("maximumBps")}, what the deepest discount leaves: lower the weight or the discount.`,
  "DiscountOutOfRange(uint256 maxDiscountBps)": (say) =>
    `A deepest discount of ${say.bps("maxDiscountBps")} is outside 1 % to 15 %: choose one inside.`,
  "GraceOutOfRange(uint256 minGraceSeconds, uint256 maxGraceSeconds)": (say) =>
    `Grace from ${say.duration("minGraceSeconds")} to ${say.duration("maxGraceSeconds")} is out of bounds: it must rise, from at least 5 min to at most 24 h.`,
  "AuctionOutOfRange(uint256 auctionSeconds, uint256 rampSeconds)": (say) =>
    `An auction of ${say.duration("auctionSeconds")} with a ramp of ${say.duration("rampSeconds")} is out of bounds: the ramp must take at least 5 min, the auction at least twice that and at most 24 h.`,
  "AmountsOutOfRange(uint256 minimumDebt, uint256 dustValue, uint256 maxBounty)": (say) =>
    `A minimum debt of ${say.quote("minimumDebt")}, dust of ${say.quote("dustValue")} and a bounty of ${say.quote("maxBounty")} do not go together: dust must be above zero and at most the minimum debt and 10,000 whole tokens, the minimum debt at most 1,000,000, the bounty at most a tenth of it.`,
  "BrakeOutOfRange(uint256 burst, uint256 perHour, uint256 minimumBurst)": (say) =>
    `A brake that lets ${say.quote("burst")} through at once and ${say.quote("perHour")} an hour is out of range: at least ${say.quote("minimumBurst")} at once, and full within a day; or zeros for none.`,
  "FeeOutOfRange(uint256 feeBps)": (say) =>
    `A fee of ${say.bps("feeBps")} is above 30 % of interest: choose a lower one.`,
  "OracleQuoteMismatch(address oracleQuote, address vaultQuote)": (say) =>
    `The oracle gives prices in ${say.asset("oracleQuote")} and the vault lends ${say.asset("vaultQuote")}: use an oracle of this vault.`,
  "OracleAssetMismatch(uint256 number)": (say) =>
    `The oracle's assets are not the vault's in the vault's order: number ${say.integer("number")} differs, so deploy an oracle for the vault's list.`,
  "OraclePriceMissing(address asset)": (say) =>
    `The oracle has no fresh price for ${say.asset("asset")}: check its feed and maximum age.`,
  "UnitTooValuable(address asset, uint256 price36, uint256 maximum36)": (say) =>
    `One base unit of ${say.asset("asset")} is worth more than a hundredth of the vault's dust value, too coarse to be sold in tranches: raise the dust value, or choose a token with more decimals.`,
  "NotAToken(address asset)": (say) =>
    `${say.address("asset")} has no code, or no decimals up to 36: name a token's contract.`,
  "NotListed(address vault, address asset)": (say) =>
    `${say.asset("asset")} is not listed in the vault ${say.address("vault")}: list it first.`,

  "FeedMismatch(address asset, address feed, address expected)": (say) =>
    `The oracle reads ${say.address("feed")} for ${say.asset("asset")} and the listing names ${say.address("expected")}: find out which is right.`,
  "FeedDecimalsMismatch(address asset, uint256 decimals, uint256 expected)": (say) =>
    `The feed of ${say.asset("asset")} has ${say.integer("decimals")} decimals and the listing says ${say.integer("expected")}: check that it is the right feed.`,
  "FeedDescriptionMismatch(address asset, string description, string expected)": (say) =>
    `The feed of ${say.asset("asset")} describes itself in other words than the listing does: check that it is the right feed.`,
  "PriceNotAsExpected(address asset, uint256 price36, uint256 expected36, uint256 toleranceBps)": (say) =>
    `The oracle's price of ${say.asset("asset")} is further than ${say.bps("toleranceBps")} from the expected one: check that the feed is of this asset in this currency, or bring the expected price up to date.`,
  "ToleranceOutOfRange(uint256 toleranceBps, uint256 maximumBps)": (say) =>
    `A tolerance of ${say.bps("toleranceBps")} is out of range: choose one from 1 bps to ${say.bps("maximumBps")}.`,
  "RoleNotAllowed(uint64 roleId)": (say) =>
    `Role ${say.integer("roleId")} cannot look after another: the admin alone grants and revokes roles, and not everybody may cancel.`,
  "OracleMovedLately(uint256 earliestAt)": (say) =>
    `An oracle with other prices was set lately: the next one may be from ${say.time("earliestAt")} on, so that two small steps are not a large one.`,
  "OraclePriceJumps(address asset, uint256 presentPrice36, uint256 newPrice36)": (say) =>
    `The new oracle's price of ${say.asset("asset")} is more than 2 % from the present one: find out which is right, and use correctOracle with expected prices where the present one is wrong.`,
  "ExpectationsMismatch(uint256 given, uint256 needed)": (say) =>
    `${say.integer("given")} expected prices are given for ${say.integer("needed")} collaterals: give one each, in the vault's order.`,
  "NotLower(uint256 wanted, uint256 present)": (say) =>
    `Without a delay a limit may only be lowered, and ${say.integer("wanted")} is not below ${say.integer("present")}: have the risk admin schedule it.`,

  // Governance and OpenZeppelin's AccessManager
  "DelayOutOfRange(uint64 roleId, uint256 delaySeconds, uint256 minimumSeconds, uint256 maximumSeconds)": (
    say,
  ) =>
    `A delay of ${say.duration("delaySeconds")} is out of bounds for the role ${say.integer("roleId")}: choose one from ${say.duration("minimumSeconds")} to ${say.duration("maximumSeconds")}.`,
  "FunctionNotForRole(bytes4 selector, uint64 roleId)": (say) =>
    `The role ${say.integer("roleId")} acts without a delay and may not have this function: give it to a role with one.`,
  "AuthorityFixed(address target)": (say) =>
    `${say.address("target")} stays with this governance, whose bounds hold for it: name others in its roles instead.`,
  "NotDeployer(address caller)": (say) =>
    `Only the deployer may seal the governance and ${say.address("caller")} is not it: use the deployer's key.`,
  "AlreadySealed()": () =>
    "The governance is sealed already: what is to change goes through its roles and their delays.",
  "AccessManagedUnauthorized(address caller)": (say) =>
    `${say.address("caller")} does not have the role that this function asks for: act as a member of that role.`,
  "AccessManagedInvalidAuthority(address authority)": (say) =>
    `${say.address("authority")} has no code and can govern nothing: deploy the governance first.`,
  "AccessManagedRequiredDelay(address caller, uint32 delay)": (say) =>
    `${say.address("caller")} has to wait ${say.duration("delay")} before this: schedule it with the governance first.`,
  "AccessManagerAlreadyScheduled(bytes32 operationId)": () =>
    "The same act is scheduled already: execute it when its time has come, or cancel it.",
  "AccessManagerNotScheduled(bytes32 operationId)": () =>
    "The act is not scheduled, and whoever asked has to wait before it: schedule it with the governance first.",
  "AccessManagerNotReady(bytes32 operationId)": () =>
    "The delay of the scheduled act has not passed: execute it later.",
  "AccessManagerExpired(bytes32 operationId)": () =>
    "The scheduled act was not executed within a week of its time: schedule it anew.",
  "AccessManagerLockedRole(uint64 roleId)": (say) =>
    `The role ${say.integer("roleId")} is fixed and cannot be changed so: use another role.`,
  "AccessManagerLockedFunction(bytes4 selector)": () =>
    "This function cannot be given to a role: leave it with the governance.",
  "AccessManagerBadConfirmation()": () =>
    "Only the member may renounce a role, and confirms it with their own address: use their key.",
  "AccessManagerUnauthorizedAccount(address msgsender, uint64 roleId)": (say) =>
    `${say.address("msgsender")} does not have the role ${say.integer("roleId")}: act as a member of it.`,
  "AccessManagerUnauthorizedCall(address caller, address target, bytes4 selector)": (say) =>
    `${say.address("caller")} does not have the role for this function of ${say.address("target")}, or schedules it for too early a time: act as a member of that role, after its delay.`,
  "AccessManagerUnauthorizedConsume(address target)": (say) =>
    `${say.address("target")} is not using up a scheduled act: only governed contracts do, while they are called.`,
  "AccessManagerUnauthorizedCancel(address msgsender, address caller, address target, bytes4 selector)": (
    say,
  ) =>
    `${say.address("msgsender")} may not cancel what ${say.address("caller")} has scheduled: the guardian, the admin or whoever scheduled it may.`,
  "AccessManagerInvalidInitialAdmin(address initialAdmin)": (say) =>
    `${say.address("initialAdmin")} cannot be the first admin: name an account.`,

  "FailedCall()": () => "A call inside this one failed without saying why: simulate that call alone.",
  "InsufficientBalance(uint256 balance, uint256 needed)": (say) =>
    `The contract has ${say.integer("balance")} wei and would send ${say.integer("needed")}: send that much ether with the call.`,
  "AddressEmptyCode(address target)": (say) =>
    `${say.address("target")} has no code and cannot be called: name a contract.`,

  // volatility
  "VolatilityTermsOutOfRange(uint256 slopeBps, uint256 capBps)": (say) =>
    `A slope of ${say.bps("slopeBps")} and a cap of ${say.bps("capBps")} are out of range: the slope must be from 1 to 10,000 bps, the cap from 1 to 2,500.`,
  "NoGauge(address vault, address asset)": (say) =>
    `The weights of ${say.asset("asset")} in the vault ${say.address("vault")} follow no volatility and are where they are to be, so there is nothing to poke: the risk admin sets a gauge or a weight.`,
  "GaugeTermsOutOfRange(uint256 halfLifeSeconds, uint256 referenceWad)": (say) =>
    `A half-life of ${say.duration("halfLifeSeconds")} and a reference of ${say.wad("referenceWad")} are out of range: the half-life must be from 1 hour to 30 days, the reference from 0.01 to 3.`,
  "RoundUnusable(address feed, uint256 roundId)": (say) =>
    `The feed ${say.address("feed")} gives no usable answer for its round ${say.integer("roundId")} (0 means its latest one): name a round that it keeps, or a feed that keeps rounds.`,
  "ReadingStarved(uint256 available, uint256 needed)": (say) =>
    `A feed's round was to be read with ${say.integer("available")} gas left where ${say.integer("needed")} are needed: send more gas, or ask for fewer rounds.`,

  // IFlashLiquidator
  "NotKeeper(address caller)": (say) =>
    `The flash liquidator's owner has not allowed ${say.address("caller")} to liquidate: use a key that is allowed, or have the owner call setKeeper.`,
  "NotSelf(address caller)": (say) =>
    `Only the flash liquidator itself tries a single take of a batch and ${say.address("caller")} is not it: use take or takeMany.`,
  "NotVault(address caller)": (say) =>
    `Only the vault calls a liquidator back and ${say.address("caller")} is not it: there is nothing to do here.`,
  "NotPool(address caller)": (say) =>
    `Only the pool of the swap under way calls back and ${say.address("caller")} is not it: there is nothing to do here.`,
  "SlippageOutOfRange(uint256 slippageBps)": (say) =>
    `A slippage of ${say.bps("slippageBps")} is above 100 %: choose a lower one.`,
  "InvalidPath(address asset, address quote)": (say) =>
    `The path is not whole or does not lead from ${say.asset("asset")} to ${say.asset("quote")}: pack a token, then a fee and a token for each pool.`,
  "NoPool(address tokenIn, address tokenOut, uint256 fee)": (say) =>
    `There is no pool of ${say.asset("tokenIn")} and ${say.asset("tokenOut")} with a fee of ${say.integer("fee")} hundredths of a basis point: choose another path.`,
  "SwapIncomplete(address pool, uint256 wanted, uint256 swapped)": (say) =>
    `The pool ${say.address("pool")} ran out of liquidity after ${say.integer("swapped")} of ${say.integer("wanted")} base units: take less, or choose another path.`,
  "SaleTooDear(uint256 needed, uint256 seized)": (say) =>
    `The payment costs ${say.integer("needed")} base units of the collateral and only ${say.integer("seized")} were seized: wait for a deeper discount, take less, or choose another path.`,
  "NotProfitable(uint256 worth, uint256 needed)": (say) =>
    `The sale would leave ${say.quote("worth")}, less than the ${say.quote("needed")} for the payment and the least profit: wait for a deeper discount, take less, or choose another path.`,
  "SlippageTooHigh(uint256 received, uint256 minimum)": (say) =>
    `The sale would bring ${say.quote("received")}, less than the ${say.quote("minimum")} that the owner's slippage leaves of the oracle's price: take less, or choose another path.`,
  "NotEnoughGas()": () =>
    "Not enough gas was left in the transaction to try this take: send fewer takes or a higher gas limit.",
  "ReasonTooLong()": () =>
    "The take reverted with more data than was looked at: it may come from a hostile token, so simulate it alone.",

  // ChainlinkOracle and KinkedRateModel
  "TooManyFeeds(uint256 count)": (say) =>
    `An oracle serves 16 collaterals, not ${say.integer("count")}: name fewer.`,
  "FeedUnusable(address asset, address feed)": (say) =>
    `The feed ${say.address("feed")} of ${say.asset("asset")} gives no usable answer now: check its address, or wait until it answers.`,
  "DecimalsOutOfRange(address asset, int256 exponent)": (say) =>
    `The decimals of ${say.asset("asset")}, the quote asset and their feeds differ by a factor of 10^${say.integer("exponent")}, beyond 10^76: check the feeds.`,
  "AgesOutOfOrder(address asset, uint256 maxAgeSeconds, uint256 deadAgeSeconds)": (say) =>
    `The ages of ${say.asset("asset")}'s feed, stale after ${say.duration("maxAgeSeconds")} and dead after ${say.duration("deadAgeSeconds")}, must rise from above zero.`,
  "SecondSourceUnfit(address asset, address second, uint256 secondMaxAgeSeconds, uint256 maxDeviationBps)": (
    say,
  ) =>
    `The second source ${say.address("second")} of ${say.asset("asset")}, with a maximum age of ${say.duration("secondMaxAgeSeconds")} and a deviation of ${say.bps("maxDeviationBps")}, does not serve: give a feed of at most 36 decimals that is not the first one, an age, and a deviation of at most 20 %, or none of the three.`,
  "AnswerOutOfBounds(address asset, uint256 answer, uint256 minAnswer, uint256 maxAnswer)": (say) =>
    `The feed of ${say.asset("asset")} answers ${say.integer("answer")}, which is not between ${say.integer("minAnswer")} and ${say.integer("maxAnswer")}: check the bounds, which are in the feed's decimals.`,
  "SecondSourceDisagrees(address asset, address second, uint256 apartBps, uint256 maxDeviationBps)": (say) =>
    `The second source ${say.address("second")} of ${say.asset("asset")} does not confirm the feed's answer within ${say.bps("maxDeviationBps")}: check that both give the same price, and that the second answers now.`,
  "RatesOutOfOrder(uint256 kinkWad, uint256 baseRateWad, uint256 kinkRateWad, uint256 fullRateWad)": (say) =>
    `The kink ${say.wad("kinkWad")} must lie between 0 and 1 and the yearly rates ${say.wad("baseRateWad")}, ${say.wad("kinkRateWad")} and ${say.wad("fullRateWad")} must not fall.`,

  // TwoHopFeed
  "HopUnusable(address feed)": (say) =>
    `The feed ${say.address("feed")} gives no usable answer, so the price made of two has none: wait until it answers.`,
  "HopOutOfRange(address feed, uint256 maxAgeSeconds, uint8 decimals)": (say) =>
    `The feed ${say.address("feed")} cannot be a hop with a maximum age of ${say.duration("maxAgeSeconds")} and ${say.integer("decimals")} decimals: give it an age above zero and choose a feed of at most 36 decimals.`,
  "NoRounds()": () => "A price made of two feeds has no rounds of its own: ask for the latest answer.",

  // ShareFeed
  "SupplyTooSmall(uint256 supply, uint256 minimum)": (say) =>
    `There are ${say.integer("supply")} base units of shares, fewer than the ${say.integer("minimum")} with which their rate is believed: wait until more is deposited.`,
  "ShareUnusable(address shares, address feed)": (say) =>
    `The shares ${say.address("shares")} are worth nothing or the feed of their asset, ${say.address("feed")}, gives no usable answer: wait until it does.`,
  "ShareTermsOutOfRange(uint256 maxGrowthBpsPerYear, uint256 minimumSupply)": (say) =>
    `A growth of ${say.bps("maxGrowthBpsPerYear")} a year with a minimum supply of ${say.integer("minimumSupply")} cannot be: choose at most 100 % and at least one whole share.`,
  "NoShareRounds()": () => "A share's price has no rounds of its own: ask for the latest answer.",

  // IPermitRouter
  "AllowanceTooSmall(address asset, address owner, uint256 allowance, uint256 needed)": (say) =>
    `${say.address("owner")} lets the router take ${say.amount("allowance", "asset")} where ${say.amount("needed", "asset")} are needed: sign a permit for at least that, to the ERC-2612 standard and not expired, or approve the router.`,
  "AssetNotHeld(bytes32 account, address asset)": (say) =>
    `Account ${say.account("account")} holds no ${say.asset("asset")} yet and the router only tops up: the owner deposits a new asset in the vault itself.`,

  // OpenZeppelin
  "ERC20InsufficientBalance(address sender, uint256 balance, uint256 needed)": (say) =>
    `${say.address("sender")} holds ${say.integer("balance")} base units of the token where ${say.integer("needed")} are needed: get more, or use less.`,
  "ERC20InsufficientAllowance(address spender, uint256 allowance, uint256 needed)": (say) =>
    `${say.address("spender")} may take ${say.integer("allowance")} base units of the token where ${say.integer("needed")} are needed: approve it for that much.`,
  "ERC20InvalidSender(address sender)": (say) =>
    `Tokens cannot be sent from ${say.address("sender")}: name another sender.`,
  "ERC20InvalidReceiver(address receiver)": (say) =>
    `Tokens cannot be sent to ${say.address("receiver")}: name another receiver.`,
  "ERC20InvalidApprover(address approver)": (say) =>
    `${say.address("approver")} cannot approve anybody: name another owner.`,
  "ERC20InvalidSpender(address spender)": (say) =>
    `${say.address("spender")} cannot be approved: name another spender.`,
  "ERC4626ExceededMaxDeposit(address receiver, uint256 assets, uint256 max)": (say) =>
    `The vault can take ${say.quote("max")} for ${say.address("receiver")}, less than ${say.quote("assets")}: deposit less.`,
  "ERC4626ExceededMaxMint(address receiver, uint256 shares, uint256 max)": (say) =>
    `The vault can mint ${say.integer("max")} share units for ${say.address("receiver")}, less than ${say.integer("shares")}: mint fewer.`,
  "ERC4626ExceededMaxWithdraw(address owner, uint256 assets, uint256 max)": (say) =>
    `${say.address("owner")} can withdraw ${say.quote("max")} now, less than ${say.quote("assets")}: withdraw less, or wait for repayments if the rest is lent.`,
  "ERC4626ExceededMaxRedeem(address owner, uint256 shares, uint256 max)": (say) =>
    `${say.address("owner")} can redeem ${say.integer("max")} share units now, fewer than ${say.integer("shares")}: redeem fewer, or wait for repayments if the rest is lent.`,
  "SafeERC20FailedOperation(address token)": (say) =>
    `A transfer of ${say.asset("token")} failed: check balance and approval, and whether the token is paused or blocks a party.`,
  "SafeERC20FailedDecreaseAllowance(address spender, uint256 currentAllowance, uint256 requestedDecrease)": (
    say,
  ) =>
    `The allowance of ${say.address("spender")} is ${say.integer("currentAllowance")}, less than the ${say.integer("requestedDecrease")} to take from it: lower it by less.`,
  "SafeCastOverflowedUintDowncast(uint8 bits, uint256 value)": (say) =>
    `The amount ${say.integer("value")} does not fit ${say.integer("bits")} bits, what the vault can store: use a smaller one.`,
  "SafeCastOverflowedIntToUint(int256 value)": (say) =>
    `The amount ${say.integer("value")} is negative where it cannot be: use a positive one.`,
  "SafeCastOverflowedIntDowncast(uint8 bits, int256 value)": (say) =>
    `The amount ${say.integer("value")} does not fit ${say.integer("bits")} bits: use a smaller one.`,
  "SafeCastOverflowedUintToInt(uint256 value)": (say) =>
    `The amount ${say.integer("value")} is too large: use a smaller one.`,
  "InvalidAccountNonce(address account, uint256 currentNonce)": (say) =>
    `The nonce is not the next one of ${say.address("account")}, which is ${say.integer("currentNonce")}: sign anew with it.`,
  "NoAnswer(address target)": (say) =>
    `${say.address("target")} does not answer the question: it is no contract, or none of the kind.`,
  "AnswerTooLong(address target, uint256 length)": (say) =>
    `${say.address("target")} answers with ${say.integer("length")} bytes, more than any honest answer has: do not rely on it.`,
  "AnswerUnfit(address target)": (say) =>
    `${say.address("target")} answers something else than it was asked: do not rely on it.`,
  "NotReached()": () => "The call's gas went to what came before: ask for this by itself.",
  "InvalidShortString()": () => "A stored name is malformed: this is a fault of the contract, report it.",
  "StringTooLong(string str)": () => "A name is longer than 31 bytes: choose a shorter one.",
  "ReentrancyGuardReentrantCall()": () =>
    "The vault was called again while a call to it was still running: call it after that one has ended.",
  "OwnableUnauthorizedAccount(address account)": (say) =>
    `Only the contract's owner may do this and ${say.address("account")} is not: sign with the owner's key.`,
  "OwnableInvalidOwner(address owner)": (say) =>
    `${say.address("owner")} cannot own a contract: name another owner.`,
};
