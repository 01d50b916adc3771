import { z } from "zod";

import { exitCode } from "../../command-line/exit-codes.ts";
import { defineVerb, type Verb } from "../../command-line/verb.ts";
import { completionScript, shells } from "../../command-line/completion.ts";

/** @param list All verbs, this one included; asked for when it is used. */
export function createCompletion(list: () => readonly Verb[]): Verb {
  return defineVerb({
    path: ["completion"],
    summary: "prints what a shell needs to complete nouns, verbs and options",
    description: "The same for the package linked as wattproof. It names nothing but this program's own words.",
    arguments: [{ syntax: "<shell>", description: shells.join(", ") }],
    access: "none",
    examples: [
      "completion bash > ~/.local/share/bash-completion/completions/wattproof",
      "completion zsh > ~/.zfunc/_wattproof",
      "completion fish > ~/.config/fish/completions/wattproof.fish",
    ],
    input: z.object({ shell: z.enum(shells, `must be one of ${shells.join(", ")}`) }),
    run({ shell }, { output }) {
      const script = completionScript(shell, list());
      output.json({ shell, script });
      if (!output.isJson) output.line(script);

      return Promise.resolve(exitCode.done);
    },
  });
}
