import { defineVerb } from "../../command-line/verb.ts";
import { changeMembers, memberInput, memberOptions } from "./driver-groups.ts";

export const tariffRemoveDrivers = defineVerb({
  path: ["tariff", "remove-drivers"],
  summary: "removes drivers from a group; sessions that are open keep their price",
  description: "Asks the service with its operator's key, WATTPROOF_OPERATOR_KEY.",
  arguments: [{ syntax: "<group>", description: "its name" }],
  options: memberOptions,
  access: "none",
  examples: ["tariff remove-drivers staff --driver 0x…"],
  input: memberInput,
  run: (input, run) => changeMembers("remove", input, run),
});
