import type { JSX } from "preact";

import type { OwnKey } from "./answers.ts";
import { useWords } from "./operator-context.ts";
import { hrefOfOperator, operatorPages, type OperatorRoute } from "./operator-route.ts";

/** Which page a route is part of. */
function pageOf({ kind }: OperatorRoute): (typeof operatorPages)[number] {
  if (kind === "session") return "sessions";
  return kind === "charger" ? "chargers" : kind;
}

/** Leads to the pages, and says whose key it is. Beside the page on a desk, above it on a phone. */
export function Navigation(properties: {
  readonly route: OperatorRoute;
  /** Sessions that wait for somebody. */
  readonly waiting: number;
  readonly ownKey: OwnKey | null;
}): JSX.Element {
  const { text, count } = useWords();
  const { route, waiting, ownKey } = properties;
  return (
    <nav aria-label={text("pages")}>
      <ul>
        {operatorPages.map((page) => (
          <li key={page}>
            <a href={hrefOfOperator({ kind: page })} aria-current={pageOf(route) === page ? "page" : undefined}>
              {text(`page.${page}`)}
              {page === "sessions" && waiting > 0 && (
                <span class="badge" aria-label={`${text("waitingForYou")}: ${count(waiting)}`}>
                  {count(waiting)}
                </span>
              )}
            </a>
          </li>
        ))}
      </ul>
      {ownKey !== null && (
        <p class="hint">{text("ownKey", { name: ownKey.name, role: text(`keyRole.${ownKey.role}`) })}</p>
      )}
    </nav>
  );
}
