import { useEffect, useRef } from "preact/hooks";

import { useApp } from "./app-context.ts";
import { keepSetting, readSetting } from "./kept-settings.ts";

/** What a driver may want to hear of a charge. */
export interface NotifiedCharge {
  /** Where it is. */
  readonly title: string;
  readonly state: string;
  readonly isLow: boolean;
  /** When staying begins to cost, in seconds since 1970. */
  readonly stayingFrom: number | null;
}

/** Said so long before staying costs, that there is time to walk back. */
const stayingWarningSeconds = 600;

/** Whether this device can notify, and its owner wants it. */
export function notificationsState(): "on" | "off" | "unavailable" {
  if (!("Notification" in window) || !("serviceWorker" in navigator)) return "unavailable";
  return Notification.permission === "granted" && readSetting("notifications") === "on" ? "on" : "off";
}

/** Asks the device's owner; nothing is sent to anybody. @returns whether it is on now */
export async function setNotifications(isWanted: boolean): Promise<boolean> {
  const isOn = isWanted && (await Notification.requestPermission()) === "granted";
  keepSetting("notifications", isOn ? "on" : null);
  return isOn;
}

/** Notifies once each of the end, of a hold that is nearly used, and before staying costs; while the page is open. */
export function useNotifications(charge: NotifiedCharge): void {
  const { text } = useApp();
  const said = useRef(new Set<string>());
  const before = useRef(charge.state);
  const { state, isLow, stayingFrom, title } = charge;

  function say(tag: string, body: string): void {
    if (said.current.has(tag)) return;
    said.current.add(tag);
    if (notificationsState() !== "on") return;
    void navigator.serviceWorker.ready.then((registration) =>
      registration.showNotification(title, { body, tag: `wattproof-${tag}` }),
    );
  }

  useEffect(() => {
    if (before.current === "charging" && state !== "charging") say("end", text("notifyEnd"));
    before.current = state;
  }, [state]);
  useEffect(() => {
    if (isLow) say("low", text("notifyLow"));
  }, [isLow]);
  useEffect(() => {
    if (stayingFrom === null || state !== "charging") return undefined;
    const waitMs = (stayingFrom - stayingWarningSeconds) * 1_000 - Date.now();
    const timer = setTimeout(
      () => {
        say("staying", text("notifyStaying"));
      },
      Math.max(0, waitMs),
    );
    return () => {
      clearTimeout(timer);
    };
  }, [stayingFrom, state]);
}
