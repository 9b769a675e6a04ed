import { Interface } from "ethers";

/** The functions and events that the demo's people and its check use. */
export const token = new Interface([
  "function approve(address spender, uint256 amount)",
  "function transfer(address to, uint256 amount)",
]);

export const feed = new Interface(["function pushAt(int192 answer, uint64 updatedAt)"]);

export const vault = new Interface([
  "function depositCollateral(bytes32 account, address asset, uint256 amount)",
  "function borrow(bytes32 account, uint256 amount, address to)",
  "function repay(bytes32 account, uint256 amount) returns (uint256)",
  "function cure(bytes32 account, uint256 maxPay) returns (uint256)",
  "function previewCure(bytes32 account) view returns (tuple(uint256 shortfall, uint256 repay, address[] assets, uint256[] deposits))",
  "function deposit(uint256 assets, address receiver) returns (uint256)",
  "function redeem(uint256 shares, address receiver, address owner) returns (uint256)",
  "function balanceOf(address holder) view returns (uint256)",
  "function maxRedeem(address owner) view returns (uint256)",
  "function convertToAssets(uint256 shares) view returns (uint256)",
]);

export const configurator = new Interface([
  "function setVolatility(address vault, address asset, address newGauge, uint16 newSlopeBps, uint16 newCapBps)",
  "function targetWeights(address vault, address asset) view returns (uint256 initialBps, uint256 maintenanceBps)",
]);

export const reader = new Interface([
  "function readVault(address vault, address[] tokens, address[] feeds, address sequencerFeed) view returns (uint256[])",
  "function readAccounts(address vault, bytes32[] ids, address[] collaterals) view returns (uint256[])",
  "function readBalances(address token, address[] holders) view returns (uint256[])",
  "function mintMany(address token, address[] holders, uint256[] amounts)",
]);

export const governance = new Interface([
  "function seal(address newAdmin, uint32 adminDelaySeconds, address newRiskAdmin, uint32 riskDelaySeconds)",
]);
