import { getAddress, isAddress } from "ethers";

import { section } from "./section.ts";
import { integer, parsed, setting, type Kind } from "./setting.ts";

/** Another oracle, and how its service is reached. */
export interface PeerConfig {
  readonly address: string;
  readonly key: string;
  readonly url: string;
}

const peerGrammar = /^(0x[0-9a-fA-F]{40}) ([A-Za-z0-9_-]{16,128}) (https?:\/\/\S{1,300})$/;
/** A committee has at most 16 members. */
const peerLimit = 15;

/** `null` where it is not a list of different oracles. */
function peersOf(list: string): readonly PeerConfig[] | null {
  if (list.trim() === "") return [];
  const peers = list.split(",").map((entry): PeerConfig | null => {
    const [, address = "", key = "", url = ""] = peerGrammar.exec(entry.trim()) ?? [];
    return isAddress(address) && URL.canParse(url) ? { address: getAddress(address), key, url } : null;
  });
  const known = peers.filter((peer) => peer !== null);
  const isDistinct = new Set(known.map(({ address }) => address)).size === peers.length;
  return isDistinct && known.length <= peerLimit ? known : null;
}

const peerList: Kind<readonly PeerConfig[]> = {
  ...parsed(
    peersOf,
    "list of oracles",
    `up to ${peerLimit} different oracles, each "<address> <key> <url>", separated by commas`,
  ),
  isSecret: true,
};

/** The other oracles of the committee. */
export const quorumSection = section("Quorum", {
  quorumPeers: setting(
    "QUORUM_PEERS",
    peerList,
    "",
    "The other oracles, separated by commas; each `<address> <key> <url>`. Only the two services share the key, which has 16 to 128 characters of A-Z a-z 0-9 _ -.",
  ),
  quorumTimeoutMs: setting(
    "QUORUM_TIMEOUT_MS",
    integer(10, 600_000, "ms"),
    10_000,
    "Longest wait for another oracle's signature (ms).",
  ),
  quorumRetryMs: setting(
    "QUORUM_RETRY_MS",
    integer(0, 86_400_000, "ms"),
    10_000,
    "Pause before the other oracles are asked again when there was no quorum (ms).",
  ),
  quorumFallbackMs: setting(
    "QUORUM_FALLBACK_MS",
    integer(0, 604_800_000, "ms"),
    600_000,
    "Time without a quorum before sessions fall back to settlement by meter signature (ms).",
  ),
  quorumTakeoverMs: setting(
    "QUORUM_TAKEOVER_MS",
    integer(0, 604_800_000, "ms"),
    300_000,
    "Time for which a session is left to the oracle that asked for a signature (ms).",
  ),
});
