import type { HttpDoor } from "../door.ts";
import { createMeterValuesHandler } from "./meter-values.ts";

/** What charging stations post, each with its own key. OCPP has doors of its own in `services/ocpp`. */
export function stationDoors(deps: Parameters<typeof createMeterValuesHandler>[0]): readonly HttpDoor[] {
  return [{ path: "/v1/meter-values", method: "POST", handler: createMeterValuesHandler(deps) }];
}
