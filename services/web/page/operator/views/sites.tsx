import type { JSX } from "preact";

import { sitesSchema, type Sites as SitesContent } from "../answers.ts";
import { useWords } from "../operator-context.ts";
import { Section, Table } from "../parts.tsx";
import { useAnswer } from "../use-answer.ts";

const states = ["free", "occupied", "faulted", "offline", "unknown"] as const;

/** The places of the operator's file, and in which state their charging points are. */
export function Sites(): JSX.Element {
  const { text } = useWords();
  const sites = useAnswer("/v1/sites", sitesSchema);
  return (
    <>
      <h2 class="view-title">{text("page.sites")}</h2>
      <Section title={text("sites")} intro={text("sitesText")} part={sites}>
        {(value) => <SiteTable sites={value.sites} />}
      </Section>
    </>
  );
}

function SiteTable({ sites }: { readonly sites: SitesContent["sites"] }): JSX.Element {
  const { text, count } = useWords();
  if (sites.length === 0) return <p>{text("noSites")}</p>;
  const points = sites.flatMap(({ evses }) => evses);
  return (
    <Table
      caption={text("sites")}
      rows={sites}
      keyOf={({ name, evses }) => `${name} ${evses[0]?.evse ?? ""}`}
      columns={[
        { title: text("site"), cell: ({ name }) => name, sum: text("allSites") },
        {
          title: text("place"),
          cell: ({ street, town }) => [street, town].filter((part) => part !== undefined).join(", ") || "–",
        },
        { title: text("points"), isNumber: true, cell: ({ evses }) => count(evses.length), sum: count(points.length) },
        ...states.map((state) => ({
          title: text(`connector.${state}`),
          isNumber: true,
          cell: ({ evses }: SitesContent["sites"][number]) => count(evses.filter((one) => one.state === state).length),
          sum: count(points.filter((one) => one.state === state).length),
        })),
      ]}
    />
  );
}
