import { defineVerb } from "../../command-line/verb.ts";
import { changeMembers, memberInput, memberOptions } from "./driver-groups.ts";

export const tariffAddDrivers = defineVerb({
  path: ["tariff", "add-drivers"],
  summary: "adds drivers to a group, such as staff or a fleet, which can have tariffs of its own",
  description:
    "A group is there from its first driver on. A tariff that is assigned with --group applies to its drivers in the place\n" +
    "of those for everybody. Asks the service with its operator's key, WATTPROOF_OPERATOR_KEY.",
  arguments: [{ syntax: "<group>", description: "its name" }],
  options: memberOptions,
  access: "none",
  examples: ["tariff add-drivers staff --driver 0x…"],
  input: memberInput,
  run: (input, run) => changeMembers("add", input, run),
});
