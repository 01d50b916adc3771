import type { JSX } from "preact";

import { EvidenceSection } from "../evidence/evidence-section.tsx";
import { useWords } from "../operator-context.ts";
import { useDesk } from "../operator-desk.ts";

/** What of the operator's energy is proven, claimed and sold. */
export function EvidenceView(): JSX.Element {
  const { text } = useWords();
  return (
    <>
      <h2 class="view-title">{text("page.evidence")}</h2>
      <EvidenceSection {...useDesk()} />
    </>
  );
}
