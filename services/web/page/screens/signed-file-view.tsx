import type { JSX } from "preact";

import type { FileLine } from "../receipt/check-signed-file.ts";
import { useApp } from "../shell/app-context.ts";
import { Notice } from "../components/note.tsx";

/** A canonical decimal with the mark of the language, and all its decimals. */
function decimalText(energyWh: string, locale: string): string {
  const mark = new Intl.NumberFormat(locale).formatToParts(0.5).find(({ type }) => type === "decimal")?.value ?? ".";
  return energyWh.replace(".", mark);
}

const verdicts = ["refused", "unsupported", "accepted"];

/** What fails first, and sessions before the values that they are made of. */
function byWeight(left: FileLine, right: FileLine): number {
  const isSession = ({ id }: FileLine): boolean => id.includes("#session-");
  const byVerdict = verdicts.indexOf(left.verdict) - verdicts.indexOf(right.verdict);
  return byVerdict === 0 ? Number(isSession(right)) - Number(isSession(left)) : byVerdict;
}

/** What was found about the values and sessions of a file, each in a line of its own. */
export function SignedFileView({ lines }: { readonly lines: readonly FileLine[] }): JSX.Element {
  const { text, locale } = useApp();

  function verdictOf({ verdict, reason, energyWh }: FileLine): string {
    if (verdict === "refused") return text("signedRefused", { reason: reason ?? "" });
    if (verdict === "unsupported") return text("signedUnsupported", { reason: reason ?? "" });
    return energyWh === null
      ? text("signedAccepted")
      : text("signedAcceptedEnergy", { energy: `${decimalText(energyWh, locale)} Wh` });
  }

  function nameOf({ id }: FileLine): string {
    const number = /-(?<number>[0-9]+)$/u.exec(id)?.groups?.["number"] ?? "1";
    return text(id.includes("#session-") ? "signedSession" : "signedValue", { number });
  }

  return (
    <section class="close">
      <h2>{text("signedTitle")}</h2>
      {lines.toSorted(byWeight).map((line) => (
        <Notice
          key={line.id}
          kind={line.verdict === "accepted" ? "good" : line.verdict === "refused" ? "bad" : "warning"}
        >
          {[nameOf(line), line.format].filter((part) => part !== null).join(", ")}: {verdictOf(line)}
        </Notice>
      ))}
      {lines.some(({ keyFrom }) => keyFrom === "file") && <Notice kind="warning">{text("signedKeyOfFile")}</Notice>}
    </section>
  );
}
