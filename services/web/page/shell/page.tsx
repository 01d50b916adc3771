import type { JSX } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";

import { createChainAccess, createOwnOriginChain } from "../chain/chain-access.ts";
import { createChainReader } from "../chain/chain-reader.ts";
import { createLogReader } from "../chain/event-log.ts";
import type { PageConfiguration } from "../configuration.ts";
import { AccountScreen } from "../screens/account.tsx";
import { EvseScreen } from "../screens/evse.tsx";
import { HistoryScreen } from "../screens/history.tsx";
import { CheckReceiptScreen } from "../screens/check-receipt.tsx";
import { SessionScreen } from "../screens/session.tsx";
import { StartScreen, UnknownPageScreen } from "../screens/start.tsx";
import { formatMicro } from "../text/amounts.ts";
import { catalogues, chooseLanguage, fill, languages, type Language } from "../text/translation.ts";
import { chainOfWallet, type WalletConnection } from "../wallet/wallet-connection.ts";
import { useWallets } from "../wallet/use-wallets.ts";
import { AppContext, type App } from "./app-context.ts";
import { appearances, Choices, type Appearance } from "./choices.tsx";
import { keepSetting, readSetting } from "./kept-settings.ts";
import { hrefOf, parseRoute, type Route } from "./router.ts";

/** The whole page. */
export function Page({ configuration }: { readonly configuration: PageConfiguration }): JSX.Element {
  const [language, setLanguage] = useState<Language>(keptLanguage);
  const [appearance, setAppearance] = useState<Appearance>(keptAppearance);
  const [symbol, setSymbol] = useState("");
  const route = useRoute();
  const { wallets, connection, setConnection } = useWallets(configuration);
  const app = useApplication({ configuration, language, symbol, wallets, connection, setConnection });

  useEffect(() => {
    document.documentElement.lang = language;
  }, [language]);
  useEffect(() => {
    if (appearance === "system") delete document.documentElement.dataset["appearance"];
    else document.documentElement.dataset["appearance"] = appearance;
  }, [appearance]);
  useEffect(() => {
    // Without the chain there is no amount to put a symbol behind.
    app.reader.readSymbol().then(setSymbol, () => undefined);
  }, [app.reader]);

  const main = useRef<HTMLElement>(null);
  const isFirst = useRef(true);
  const routeKey = JSON.stringify(route);
  useEffect(() => {
    // A screen reader follows the focus to the new screen; the first one it reads by itself.
    if (!isFirst.current) main.current?.focus();
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
          main.current?.focus();
        }}
      >
        {app.text("skipToContent")}
      </a>
      <Header route={route} app={app} />
      <main id="main" ref={main} tabIndex={-1}>
        {configuration.developmentWallet !== null && (
          <p class="demo-banner" role="note">
            {app.text("demoWalletWarning")}
          </p>
        )}
        <Screen key={routeKey} route={route} />
      </main>
      <footer>
        <Choices
          appearance={appearance}
          onAppearance={(chosen) => {
            keepSetting("appearance", chosen);
            setAppearance(chosen);
          }}
          onLanguage={(chosen) => {
            keepSetting("language", chosen);
            setLanguage(chosen);
          }}
        />
      </footer>
    </AppContext.Provider>
  );
}

function Header({ route, app }: { readonly route: Route; readonly app: App }): JSX.Element {
  const items = [
    [{ kind: "start" }, "navCharge"],
    [{ kind: "history" }, "navHistory"],
    [{ kind: "account" }, "navAccount"],
    [{ kind: "receipt" }, "navReceipt"],
  ] as const;
  return (
    <header>
      <a class="brand" href="#/">
        {app.text("appName")}
      </a>
      <nav>
        <ul>
          {items.map(([target, key]) => (
            <li key={key}>
              <a href={hrefOf(target)} aria-current={route.kind === target.kind ? "page" : undefined}>
                {app.text(key)}
              </a>
            </li>
          ))}
        </ul>
      </nav>
    </header>
  );
}

function Screen({ route }: { readonly route: Route }): JSX.Element {
  switch (route.kind) {
    case "start":
      return <StartScreen />;
    case "evse":
      return <EvseScreen evse={route.evse} />;
    case "session":
      return <SessionScreen sessionId={route.sessionId} />;
    case "history":
      return <HistoryScreen />;
    case "account":
      return <AccountScreen />;
    case "receipt":
      return <CheckReceiptScreen />;
    case "unknown":
      return <UnknownPageScreen />;
  }
}

function useApplication(
  given: Pick<App, "configuration" | "language" | "symbol" | "wallets" | "connection" | "setConnection">,
): App {
  const { configuration, language, symbol, connection } = given;
  const chain = useMemo(() => chainAccessOf(configuration, connection), [configuration, connection]);
  const readLogs = useMemo(() => createLogReader(chain, configuration.blockNumber), [chain, configuration]);
  const reader = useMemo(() => createChainReader(chain, configuration, readLogs), [chain, configuration, readLogs]);
  return {
    ...given,
    chain,
    readLogs,
    reader,
    text: (key, values) => fill(catalogues[language][key], values),
    money: (micro) => fill(catalogues[language].amountToken, { amount: formatMicro(micro, language), symbol }).trim(),
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
