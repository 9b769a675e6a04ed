import { BlockList, isIP } from "node:net";

/**
 * What no stranger's webhook may reach, after IANA's registries of special-purpose addresses. Everything in them is
 * left out, also the few ranges that are globally reachable: nobody's webhook is there.
 */
const SPECIAL_V4: readonly (readonly [string, number])[] = [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.31.196.0", 24],
  ["192.52.193.0", 24],
  ["192.88.99.0", 24],
  ["192.168.0.0", 16],
  ["192.175.48.0", 24],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 4],
  ["240.0.0.0", 4],
];

/**
 * Of IPv6 only what is handed out to networks is public, which leaves out loopback, IPv4-mapped and -compatible
 * addresses, NAT64 (64:ff9b::/96 and 64:ff9b:1::/48), unique local, link-local, site-local, multicast and the rest.
 */
const GLOBAL_V6 = ["2000::", 3] as const;

/** In there: protocol assignments with Teredo, benchmarks and ORCHID; documentation; 6to4; AS112. */
const SPECIAL_V6: readonly (readonly [string, number])[] = [
  ["2001::", 23],
  ["2001:db8::", 32],
  ["2002::", 16],
  ["2620:4f:8000::", 48],
  ["3fff::", 20],
];

const specialV4 = new BlockList();
for (const [net, prefix] of SPECIAL_V4) specialV4.addSubnet(net, prefix, "ipv4");
const globalV6 = new BlockList();
globalV6.addSubnet(...GLOBAL_V6, "ipv6");
const specialV6 = new BlockList();
for (const [net, prefix] of SPECIAL_V6) specialV6.addSubnet(net, prefix, "ipv6");

/** Whether an address, without brackets or a port, is one of the public internet. False for what is no address. */
export function isPublicAddress(address: string): boolean {
  switch (isIP(address)) {
    case 4:
      return !specialV4.check(address, "ipv4");
    case 6:
      // A zone names an interface of this machine, and with it no public address.
      return !address.includes("%") && globalV6.check(address, "ipv6") && !specialV6.check(address, "ipv6");
    default:
      return false;
  }
}
