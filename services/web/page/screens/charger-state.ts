import { useEffect, useState } from "preact/hooks";

import { readChargerState, type ChargerState } from "../service/service-client.ts";

const refreshMs = 5_000;

/** A charger's state as the service tells it, asked again while the screen is open. */
export function useChargerState(evse: number): ChargerState {
  const [state, setState] = useState<ChargerState>("unknown");
  useEffect(() => {
    let isWanted = true;
    const ask = (): void => {
      readChargerState(evse).then(
        (next) => {
          if (isWanted) setState(next);
        },
        () => {
          if (isWanted) setState("unknown");
        },
      );
    };
    ask();
    const timer = setInterval(ask, refreshMs);
    return () => {
      isWanted = false;
      clearInterval(timer);
    };
  }, [evse]);
  return state;
}
