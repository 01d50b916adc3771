import { BlockList, isIPv4, isIPv6 } from "node:net";

const mappedPrefix = [0, 0, 0, 0, 0, 0xffff];
/** Providers give a customer 64 bits at least, so that one customer has as many addresses as they like. */
const countedGroups = 4;

/**
 * An address in its one spelling: IPv4 inside of IPv6 (`::ffff:192.0.2.1`) as IPv4, IPv6 without leading zeros and in
 * lower case, without a zone. `null` for anything else.
 */
export function normalizeAddress(text: string): string | null {
  const [bare = ""] = text.split("%", 1);
  if (isIPv4(bare)) return bare;
  const groups = groupsOf(bare);
  if (groups === null) return null;
  if (mappedPrefix.every((group, index) => groups[index] === group)) {
    const [high = 0, low = 0] = groups.slice(mappedPrefix.length);
    return [high >> 8, high & 255, low >> 8, low & 255].join(".");
  }
  return groups.map((group) => group.toString(16)).join(":");
}

/** What limits count a client by: its address, of IPv6 the first 64 bits. @param address normalised */
export function limitKeyOf(address: string): string {
  return isIPv4(address) ? address : `${address.split(":").slice(0, countedGroups).join(":")}::/64`;
}

/** Whether only this machine has the address. @param address normalised */
export function isLoopbackAddress(address: string): boolean {
  return isIPv4(address) ? address.startsWith("127.") : address === "0:0:0:0:0:0:0:1";
}

/** Whether an address is in one of the networks. @param networks as `readNetworks` returns them */
export function isInNetworks(networks: BlockList, address: string): boolean {
  return networks.check(address, isIPv4(address) ? "ipv4" : "ipv6");
}

/** Networks such as `10.0.0.0/8`, `2001:db8::/32` or `192.0.2.7`, separated by commas. `null` if one is none, or holds everybody. */
export function readNetworks(text: string): BlockList | null {
  const networks = new BlockList();
  for (const entry of text.split(",").map((part) => part.trim())) {
    if (entry === "") continue;
    const [network = "", prefixText] = entry.split("/", 2);
    if (entry.split("/").length > 2 || !(isIPv4(network) || isIPv6(network)) || network.includes("%")) return null;
    const mostBits = isIPv4(network) ? 32 : 128;
    if (prefixText !== undefined && !/^[1-9][0-9]{0,2}$/.test(prefixText)) return null;
    const bits = prefixText === undefined ? mostBits : Number(prefixText);
    if (bits > mostBits) return null;
    addNetwork(networks, network, bits);
  }
  return networks;
}

function addNetwork(networks: BlockList, network: string, bits: number): void {
  const address = normalizeAddress(network);
  // A network inside of the IPv4 addresses of IPv6 is one of IPv4.
  if (address !== null && isIPv4(address) && !isIPv4(network) && bits >= 96) networks.addSubnet(address, bits - 96);
  else networks.addSubnet(network, bits, isIPv4(network) ? "ipv4" : "ipv6");
}

function groupsOf(text: string): readonly number[] | null {
  if (!isIPv6(text)) return null;
  // The last 32 bits may be written as IPv4.
  const plain = text.replace(/([0-9]+)\.([0-9]+)\.([0-9]+)\.([0-9]+)$/, (_all, ...bytes: readonly string[]) => {
    const [a = 0, b = 0, c = 0, d = 0] = bytes.slice(0, 4).map(Number);
    return `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
  });
  const [head = "", tail] = plain.split("::", 2);
  const before = head === "" ? [] : head.split(":");
  const after = tail === undefined || tail === "" ? [] : tail.split(":");
  const missing = tail === undefined ? 0 : 8 - before.length - after.length;
  return [...before, ...Array.from({ length: missing }, () => "0"), ...after].map((group) =>
    Number.parseInt(group, 16),
  );
}
