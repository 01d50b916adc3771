import type { JSX } from "preact";
import { useState } from "preact/hooks";

import { Field } from "../components/fields.tsx";
import { Icon } from "../components/icon.tsx";
import { Notice } from "../components/note.tsx";
import { findSites, nameOfSite, nearestSites, plugName, type Position, type Site } from "../service/sites.ts";
import { useApp } from "../shell/app-context.ts";
import { hrefOf } from "../shell/router.ts";
import { Screen } from "../shell/screen.tsx";

/** The operator's sites: found by words, or by where the driver is, which stays on the device. */
export function SitesScreen(): JSX.Element {
  const { text, sites } = useApp();
  const [typed, setTyped] = useState("");
  const [position, setPosition] = useState<Position | null>(null);
  const [isRefused, setRefused] = useState(false);
  const found = findSites(sites, typed);
  const ordered = position === null ? found.map((site) => ({ site, metres: null })) : nearestSites(found, position);

  function askPosition(): void {
    setRefused(false);
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        setPosition({ latitude: coords.latitude, longitude: coords.longitude });
      },
      () => {
        setRefused(true);
      },
      { maximumAge: 60_000, timeout: 15_000 },
    );
  }

  return (
    <Screen backTo={{ kind: "start" }} title={text("sitesTitle")} tab="start">
      <h1>{text("sitesTitle")}</h1>
      <Field label={text("sitesSearch")} value={typed} onInput={setTyped} inputMode="search" />
      {"geolocation" in navigator && (
        <button onClick={askPosition}>
          <Icon name="place" />
          {text("sitesNear")}
        </button>
      )}
      <p class="soft">{text("sitesNearText")}</p>
      {isRefused && <Notice kind="info">{text("sitesNearRefused")}</Notice>}
      {ordered.length === 0 && <p>{text("sitesNone")}</p>}
      {ordered.map(({ site, metres }) => (
        <SiteView key={nameOfSite(site)} site={site} metres={metres} />
      ))}
    </Screen>
  );
}

function SiteView({ site, metres }: { readonly site: Site; readonly metres: number | null }): JSX.Element {
  const { text, locale } = useApp();
  const free = site.evses.filter(({ state }) => state === "free").length;
  const address = [site.operator, site.street, site.openingTimes].filter((part) => part !== undefined).join(", ");
  return (
    <section>
      <div class="head-line">
        <h2>{nameOfSite(site)}</h2>
        {metres !== null && <span class="soft">{formatDistance(metres, locale)}</span>}
      </div>
      <p class="soft">{`${address}. ${text("sitesFree", { free, count: site.evses.length })}`}</p>
      <ul class="rows">
        {site.evses.map(({ evse, plug, state }) => (
          <li key={evse}>
            <a class="row" href={hrefOf({ kind: "evse", evse })}>
              <Icon name={state === "offline" || state === "faulted" ? "offline" : "plug"} />
              <span class="grow">
                <b>{text("evseTitle", { number: evse })}</b>
                {plug !== undefined && <span class="soft">{plugName(plug)}</span>}
              </span>
              <span class="value">{text(`evseState.${state}`)}</span>
              <Icon name="go" />
            </a>
          </li>
        ))}
      </ul>
    </section>
  );
}

function formatDistance(metres: number, locale: string): string {
  const isFar = metres >= 1_000;
  return new Intl.NumberFormat(locale, {
    style: "unit",
    unit: isFar ? "kilometer" : "meter",
    maximumFractionDigits: isFar ? 1 : 0,
  }).format(isFar ? metres / 1_000 : metres);
}
