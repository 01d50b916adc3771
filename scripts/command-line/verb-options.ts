import { trustOption } from "./logs.ts";
import type { OptionSpec, Verb } from "./verb.ts";

const jsonOption: OptionSpec = { flags: "--json", description: "one JSON document on stdout, all else on stderr" };
const chainOptions: readonly OptionSpec[] = [
  { flags: "--rpc <url>", description: "JSON-RPC endpoint of the chain; default: WATTPROOF_RPC_URL" },
  {
    flags: "--deployment <path>",
    description: "deployment file; default: WATTPROOF_DEPLOYMENT, or scripts/deployments/<chain id>.json",
  },
];
const writeOptions: readonly OptionSpec[] = [
  { flags: "--dry-run", description: "simulate, and say what it would cost; nothing is sent" },
  { flags: "--from <address>", description: "with --dry-run: who would send, where the key is elsewhere" },
  { flags: "--account <name>", description: "whose key signs: WATTPROOF_<name>_PRIVATE_KEY or …_KEYSTORE" },
  { flags: "--confirmations <n>", description: "blocks to wait for, the first included; default 1" },
];

/** All options of a verb, its own first. */
export function optionsOf(verb: Verb): readonly OptionSpec[] {
  return [
    ...(verb.options ?? []),
    ...(verb.access === "none" ? [] : chainOptions),
    ...(verb.readsHistory === true ? [trustOption] : []),
    ...(verb.access === "write" ? writeOptions : []),
    jsonOption,
  ];
}
