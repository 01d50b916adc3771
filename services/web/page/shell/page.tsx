import type { JSX } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";

import { createChainAccess, createOwnOriginChain } from "../chain/chain-access.ts";
import { createChainReader } from "../chain/chain-reader.ts";
import { createLogReader } from "../chain/event-log.ts";
import type { PageConfiguration } from "../configuration.ts";
import { AccountScreen } from "../screens/account.tsx";
import { CheckReceiptScreen } from "../screens/check-receipt.tsx";
import { EvseScreen } from "../screens/evse.tsx";
import { HistoryScreen } from "../screens/history.tsx";
import { SessionScreen } from "../screens/session.tsx";
import { SettingsScreen } from "../screens/settings.tsx";
import { SitesScreen } from "../screens/sites.tsx";
import { StartScreen, UnknownPageScreen } from "../screens/start.tsx";
import { readSites, type Sites } from "../service/sites.ts";
import { coinOf } from "../text/coin.ts";
import { chooseLanguage, fill, languages, localeOf, type Language } from "../text/languages.ts";
import { loadCatalogue } from "../text/load-catalogue.ts";
import { formatExactMoney, formatMoney } from "../text/money.ts";
import type { Catalogue } from "../text/translation.ts";
import { useWallets } from "../wallet/use-wallets.ts";
import { chainOfWallet, type WalletConnection } from "../wallet/wallet-connection.ts";
import { AppContext, appearances, type App, type Appearance } from "./app-context.ts";
import { keepSetting, readSetting } from "./kept-settings.ts";
import { OnDemand } from "./on-demand.tsx";
import { parseRoute, type Route } from "./router.ts";

const loadGallery = async (): Promise<() => JSX.Element> => (await import("../components/gallery.tsx")).Gallery;
const loadData = async (): Promise<() => JSX.Element> => (await import("../screens/data.tsx")).DataScreen;

/** A language with its texts. */
export interface Words {
  readonly language: Language;
  readonly catalogue: Catalogue;
}

/** The texts in the language that was chosen on this device, or that its browser wants. */
export async function loadWords(): Promise<Words> {
  const language = keptLanguage();
  return { language, catalogue: await loadCatalogue(language) };
}

/** The whole page. */
export function Page(properties: {
  readonly configuration: PageConfiguration;
  /** The language that was kept or is wanted, with its texts. */
  readonly words: Words;
}): JSX.Element {
  const route = useRoute();
  const app = useApplication(properties.configuration, properties.words);
  const { language, appearance } = app;

  useEffect(() => {
    document.documentElement.lang = language;
  }, [language]);
  useEffect(() => {
    if (appearance === "system") delete document.documentElement.dataset["appearance"];
    else document.documentElement.dataset["appearance"] = appearance;
  }, [appearance]);

  const isFirst = useRef(true);
  const routeKey = JSON.stringify(route);
  useEffect(() => {
    // A screen reader follows the focus to the new screen; the first one it reads by itself.
    if (!isFirst.current) focusMain();
    isFirst.current = false;
    window.scrollTo(0, 0);
  }, [routeKey]);

  return (
    <AppContext.Provider value={app}>
      <a
        class="skip"
        href="#main"
        onClick={(event) => {
          event.preventDefault();
          focusMain();
        }}
      >
        {app.text("skipToContent")}
      </a>
      <ScreenOf key={routeKey} route={route} />
    </AppContext.Provider>
  );
}

function focusMain(): void {
  document.querySelector<HTMLElement>("main")?.focus();
}

function ScreenOf({ route }: { readonly route: Route }): JSX.Element {
  switch (route.kind) {
    case "start":
      return <StartScreen />;
    case "sites":
      return <SitesScreen />;
    case "evse":
      return <EvseScreen evse={route.evse} />;
    case "session":
      return <SessionScreen sessionId={route.sessionId} />;
    case "history":
      return <HistoryScreen />;
    case "account":
      return <AccountScreen />;
    case "data":
      return <OnDemand load={loadData} />;
    case "settings":
      return <SettingsScreen />;
    case "receipt":
      return <CheckReceiptScreen />;
    case "components":
      return <OnDemand load={loadGallery} />;
    case "unknown":
      return <UnknownPageScreen />;
  }
}

function useApplication(configuration: PageConfiguration, first: Words): App {
  const [{ language, catalogue }, setWords] = useState(first);
  const [appearance, setAppearance] = useState<Appearance>(keptAppearance);
  const [symbol, setSymbol] = useState("");
  const [sites, setSites] = useState<Sites>([]);
  const { wallets, connection, setConnection } = useWallets(configuration);
  const chain = useMemo(() => chainAccessOf(configuration, connection), [configuration, connection]);
  const readLogs = useMemo(() => createLogReader(chain, configuration.blockNumber), [chain, configuration]);
  const reader = useMemo(() => createChainReader(chain, configuration, readLogs), [chain, configuration, readLogs]);
  useEffect(() => {
    // Without the chain there is no amount to put a symbol beside.
    reader.readSymbol().then(setSymbol, () => undefined);
  }, [reader]);
  useEffect(() => {
    void readSites().then(setSites);
  }, []);
  const locale = localeOf(language, navigator.languages);
  const coin = coinOf(symbol);
  return {
    ...{ configuration, language, locale, appearance, coin, sites, wallets, connection, setConnection },
    ...{ chain, readLogs, reader },
    text: (key, values) => fill(catalogue[key], values),
    money: (micro) => formatMoney(micro, coin, locale),
    exactMoney: (micro) => formatExactMoney(micro, coin, locale),
    setAppearance(chosen) {
      keepSetting("appearance", chosen);
      setAppearance(chosen);
    },
    setLanguage(chosen) {
      keepSetting("language", chosen);
      void loadCatalogue(chosen).then((loaded) => {
        setWords({ language: chosen, catalogue: loaded });
      });
    },
  };
}

/** The wallet is asked first: it is the driver's own. */
function chainAccessOf(configuration: PageConfiguration, connection: WalletConnection | null): App["chain"] {
  return createChainAccess([
    ...(connection === null ? [] : [chainOfWallet(connection, configuration.chainId)]),
    ...(configuration.hasChainProxy ? [createOwnOriginChain()] : []),
  ]);
}

function useRoute(): Route {
  const [route, setRoute] = useState(() => parseRoute(location.hash));
  useEffect(() => {
    const follow = (): void => {
      const next = parseRoute(location.hash);
      setRoute((before) => (JSON.stringify(before) === JSON.stringify(next) ? before : next));
    };
    window.addEventListener("hashchange", follow);
    // The address may have changed between the first drawing and now.
    follow();
    return () => {
      window.removeEventListener("hashchange", follow);
    };
  }, []);
  return route;
}

function keptLanguage(): Language {
  const kept = readSetting("language");
  return languages.find((language) => language === kept) ?? chooseLanguage(navigator.languages);
}

function keptAppearance(): Appearance {
  const kept = readSetting("appearance");
  return appearances.find((appearance) => appearance === kept) ?? "system";
}
