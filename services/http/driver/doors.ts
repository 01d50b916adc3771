import type { HttpDoor } from "../door.ts";
import { createClientLimit } from "../entrance/client-limit.ts";
import type { Entrance } from "../entrance/entrance.ts";
import { cardPaymentDoors, type CardDoorDeps } from "./card-payments.ts";
import { putConsent, type ConsentDeps } from "./consents.ts";
import { createDriverOrdersHandler } from "./driver-orders.ts";
import { postDriverRecords, type DriverRecordsDeps } from "./driver-records.ts";
import { showEvseTariffs } from "./evse-tariffs.ts";
import { createOpeningsHandler } from "./openings.ts";
import { createPayAtEvseHandler, type PayAtEvseDeps } from "./pay-at-evse.ts";
import { createPasskeyBatchesHandler } from "./passkey-batches.ts";
import { putReceiptRecipient } from "./receipt-recipients.ts";
import { createRelayedCallHandler } from "./relayed-calls.ts";
import type { SessionCanceller } from "../../charging/cancel-session.ts";
import type { ScreenCodeDesk } from "../../charging/screen-codes/screen-code-desk.ts";
import { openScreenCode } from "./screen-codes.ts";
import { createStopHandler, type ChargeStopper } from "./stop-charging.ts";
import { postViewGrant } from "./view-grants.ts";

/** What drivers ask of the service. Nothing here has a key: a driver's signature says what is wanted. */
export function driverDoors(
  deps: Parameters<typeof createOpeningsHandler>[0] &
    Parameters<typeof createDriverOrdersHandler>[0] &
    Parameters<typeof createPasskeyBatchesHandler>[0] &
    Parameters<typeof showEvseTariffs>[0] &
    PayAtEvseDeps &
    Parameters<typeof postViewGrant>[0] &
    Parameters<typeof putReceiptRecipient>[0] &
    DriverRecordsDeps &
    CardDoorDeps &
    ConsentDeps & {
      readonly entrance: Entrance;
      readonly stopper: ChargeStopper | null;
      readonly canceller: SessionCanceller;
      readonly screenCodes: ScreenCodeDesk;
      readonly relayDesk: Parameters<typeof createRelayedCallHandler>[0];
    },
): readonly HttpDoor[] {
  const { relayDesk, entrance, now } = deps;
  // One budget for consents, keys and stops of a client: WATTPROOF_REQUESTS_PER_MINUTE.
  const limit = createClientLimit(entrance, now, "requests", entrance.config.requestsPerMinute);
  const session = "/v1/sessions/:sessionId";
  return [
    { path: "/v1/evses/:evse", method: "GET", handler: createPayAtEvseHandler(deps) },
    { path: "/v1/evses/:evse/tariffs", method: "GET", handler: showEvseTariffs(deps) },
    {
      path: "/c/:stationId/:stationEvse/:code/:version",
      method: "GET",
      handler: openScreenCode(deps, limit),
      hasEffect: true,
      isPage: true,
    },
    ...cardPaymentDoors(deps, limit),
    { path: "/v1/openings", method: "POST", handler: createOpeningsHandler(deps) },
    { path: "/v1/relayed-calls/:callId", method: "GET", handler: createRelayedCallHandler(relayDesk) },
    { path: "/v1/passkey-batches", method: "POST", handler: createPasskeyBatchesHandler(deps) },
    { path: "/v1/driver-orders", method: "POST", handler: createDriverOrdersHandler(deps) },
    { path: "/v1/driver-records", method: "POST", handler: postDriverRecords(deps, limit) },
    { path: `${session}/unsigned-energy-consent`, method: "PUT", handler: putConsent(deps, limit) },
    { path: `${session}/view-keys`, method: "POST", handler: postViewGrant(deps, limit) },
    { path: `${session}/receipt-recipient`, method: "PUT", handler: putReceiptRecipient(deps, limit) },
    { path: `${session}/stop`, method: "POST", handler: createStopHandler({ ...deps, limit }) },
  ];
}
