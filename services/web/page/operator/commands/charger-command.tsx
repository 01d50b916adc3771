import type { JSX } from "preact";
import { z } from "zod";

import { useWords } from "../operator-context.ts";
import { useDesk } from "../operator-desk.ts";
import { commandOperator } from "../operator-client.ts";
import { chargerCallOf, type ChargerCommand } from "./charger-commands.ts";
import { CommandButton } from "./command-button.tsx";

const answerSchema = z.object({ status: z.string() });

/** Has a charger do something, and says what the charger answered. */
export function ChargerCommandButton(properties: {
  readonly stationId: string;
  readonly protocol: string;
  readonly command: ChargerCommand;
  readonly label: string;
  readonly effect: string;
}): JSX.Element {
  const { text } = useWords();
  const { operatorKey } = useDesk();
  const { stationId, protocol, command, label, effect } = properties;
  return (
    <CommandButton
      label={label}
      effect={effect}
      role="operate"
      command={async () => {
        const { action, payload } = chargerCallOf(command, protocol);
        const address = `/v1/stations/${encodeURIComponent(stationId)}/commands/${action}`;
        const { status } = await commandOperator(address, operatorKey, answerSchema, payload);
        return text("chargerAnswered", { status });
      }}
    />
  );
}
