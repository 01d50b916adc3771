import { WattproofError } from "../errors.ts";
import type { OperatorDesk } from "../observability/operator-desk.ts";
import type { Store } from "./store.ts";

/** A disk that is full refuses every message of every charger. */
const alertPauseMs = 60_000;

/** The same store, with an alert where it is damaged or does not answer; one a minute of each. */
export function watchStore(store: Store, desk: OperatorDesk, elapsedMs: () => number): Store {
  const nextAlertMs = new Map<string, number>();
  let isClosing = false;

  function observe(error: unknown): void {
    if (isClosing || !(error instanceof WattproofError)) return;
    const { code, detail } = error;
    if (code !== "STORE_CORRUPT" && code !== "STORE_UNAVAILABLE") return;
    if (elapsedMs() < (nextAlertMs.get(code) ?? Number.NEGATIVE_INFINITY)) return;
    nextAlertMs.set(code, elapsedMs() + alertPauseMs);
    desk.alert(code === "STORE_CORRUPT" ? "store-damaged" : "store-failed", { code, detail });
  }

  const watch = (watched: Store): Store =>
    new Proxy(watched, {
      get(target, property, receiver): unknown {
        const value: unknown = Reflect.get(target, property, receiver);
        if (typeof value !== "function") return value;
        return (...parameters: unknown[]): unknown => {
          if (property === "close") isClosing = true;
          if (property === "fenced") return watch(target.fenced(...(parameters as Parameters<Store["fenced"]>)));
          const result: unknown = Reflect.apply(value, target, parameters);
          if (result instanceof Promise) result.catch(observe);
          return result;
        };
      },
    });
  return watch(store);
}
