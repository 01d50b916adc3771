import { post, type StationCredentials } from "../helpers/running-service.ts";
import type { ChargingPoint } from "../helpers/service-chain.ts";
import { nextSecond, untilMs, type ChaosStation } from "./chaos-charger.ts";
import { createStubbornLine, type Acknowledged, type Doors } from "./stubborn-line.ts";

const answerTimeoutMs = 8_000;

/** A meter that says what it has signed over HTTP, until somebody answers that it is kept. */
export function createChaosMeter(deps: {
  readonly credentials: StationCredentials;
  readonly point: ChargingPoint;
  readonly doors: Doors;
  readonly firstDoor: number;
  readonly patienceMs: number;
}): ChaosStation {
  const { credentials, point, doors, firstDoor, patienceMs } = deps;
  const { stationId } = credentials;
  const line = createStubbornLine(doors, firstDoor, patienceMs);
  const acknowledged: Acknowledged[] = [];
  return {
    stationId,
    point,
    acknowledged,
    get longestMs() {
      return line.longestMs;
    },
    async charge(idTag, { energyMicroWh, seconds }) {
      const beginSeconds = await nextSecond();
      const endSeconds = beginSeconds + seconds;
      await untilMs(endSeconds * 1_000);
      const record = point.device.record({ idTag, energyMicroWh, beginSeconds, endSeconds });
      await line.deliver(`${stationId}: ${record}`, async (url) => {
        const { status, body } = await post(url, credentials, record, undefined, AbortSignal.timeout(answerTimeoutMs));
        if (status !== 200) throw new Error(`The answer was ${status} ${JSON.stringify(body)}.`);
      });
      acknowledged.push({ stationId, text: record });
    },
    close: () => undefined,
  };
}
