import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";

import { useApp } from "../shell/app-context.ts";
import { Notice } from "../components/note.tsx";
import { Sums } from "../components/rows.tsx";
import { failureText, Hash, Waiting } from "../shell/parts.tsx";
import { formatCount, formatExactKwh } from "../text/amounts.ts";
import { formatUtcDay } from "../text/times.ts";
import type { CheckedDossier } from "../receipt/check-dossier.ts";

type Verification =
  | { readonly kind: "running" }
  | { readonly kind: "done"; readonly checked: CheckedDossier }
  | { readonly kind: "failed"; readonly error: unknown };

/** Programs get all; a person reads the first ones. */
const reasonsShown = 20;

/** A dossier that somebody has as a file, checked here before anything of it is shown. */
export function DossierView({ file }: { readonly file: File }): JSX.Element {
  const app = useApp();
  const { text } = app;
  const [verification, setVerification] = useState<Verification>({ kind: "running" });

  useEffect(() => {
    setVerification({ kind: "running" });
    void import("../receipt/check-dossier.ts")
      .then(({ checkDossier }) => checkDossier(file, app.chain, app.configuration.contracts))
      .then((checked) => {
        setVerification({ kind: "done", checked });
      })
      .catch((error: unknown) => {
        setVerification({ kind: "failed", error });
      });
  }, [file]);

  return (
    <section class="card" aria-labelledby="dossier-title">
      <h2 id="dossier-title">{text("dossierTitle")}</h2>
      {verification.kind === "running" && <Waiting>{text("dossierChecking")}</Waiting>}
      {verification.kind === "failed" && <Notice kind="bad">{failureText(app, verification.error)}</Notice>}
      {verification.kind === "done" && <Checked {...verification.checked} />}
    </section>
  );
}

function Checked({ verdict, manifest, isOurs }: CheckedDossier): JSX.Element {
  const { text, locale } = useApp();
  const { reasons, totals, sessions, skipped } = verdict;
  const isGood = verdict.verdict === "accepted";
  const day = (seconds: number): string => formatUtcDay(seconds, locale);
  return (
    <>
      {isGood && <Notice kind="good" title={text("dossierHolds")} />}
      {!isGood && (
        <Notice kind="bad" title={text("dossierFails")}>
          {text("dossierReasons", { count: reasons.length })}
        </Notice>
      )}
      {manifest !== null && !isOurs && <Notice kind="warning">{text("dossierForeign")}</Notice>}
      {skipped.length > 0 && <Notice kind="info">{text("dossierSkipped", { what: skipped.join("; ") })}</Notice>}
      {reasons.length > 0 && (
        <ul>
          {reasons.slice(0, reasonsShown).map(({ code, where }) => (
            <li key={`${code} ${where}`}>
              <code>{code}</code> {where}
            </li>
          ))}
        </ul>
      )}
      {manifest !== null && (
        <Sums
          sums={[
            {
              name: text("dossierPurpose"),
              value: `${manifest.purpose}, ${day(manifest.fromSeconds)} – ${day(manifest.toSeconds)}`,
            },
            { name: text("evseOperator"), value: <Hash value={manifest.operator} /> },
            { name: text("dossierSessions"), value: formatCount(sessions, locale) },
            { name: text("dossierProven"), value: formatExactKwh(BigInt(totals.claimableMicroWh), locale) },
            { name: text("dossierExcluded"), value: formatExactKwh(BigInt(totals.excludedMicroWh), locale) },
          ]}
        />
      )}
    </>
  );
}
