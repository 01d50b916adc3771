import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";

import { failureText, Waiting } from "./parts.tsx";
import { Notice } from "../components/note.tsx";
import { useApp } from "./app-context.ts";

/** A screen whose code is loaded when it is shown. @param properties.load Always the same function. */
export function OnDemand(properties: { readonly load: () => Promise<() => JSX.Element> }): JSX.Element {
  const { load } = properties;
  const app = useApp();
  const [loaded, setLoaded] = useState<{ readonly Content: () => JSX.Element } | null>(null);
  const [error, setError] = useState<unknown>(null);
  useEffect(() => {
    load().then((Content) => {
      setLoaded({ Content });
    }, setError);
  }, [load]);
  if (error !== null) return <Notice kind="bad">{failureText(app, error)}</Notice>;
  return loaded === null ? <Waiting /> : <loaded.Content />;
}
