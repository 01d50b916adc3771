import QRCode from "qrcode";

import type { Service } from "../../services/index.ts";
import { stationKeySha256Of } from "../../services/ocpp/wire/station-key.ts";
import type { Output } from "../command-line/output.ts";
import { openKeptState } from "../journal/kept-state.ts";
import type { RunningClock } from "../local-world/clock.ts";
import { demoMeterKey } from "../simulator/demo-key.ts";
import { chargerStateSchema } from "../simulator/charger-state.ts";
import { startOcppCharger, type ChargerHabits, type OcppCharger } from "../simulator/ocpp-charger.ts";
import { demoAccount } from "../local-world/accounts.ts";
import type { DataFolder } from "../local-world/data-folder.ts";
import { toRegister } from "../local-world/meters.ts";
import type { Registrar } from "../local-world/registration.ts";
import { assignTariff } from "../local-world/assign-tariff.ts";
import { createApiKey, createStationKey } from "../operator/station/new-keys.ts";
import { demoTariff } from "../local-world/tariff.ts";
import { createTransactor } from "../local-world/transactor.ts";
import type { World } from "../local-world/world.ts";

/** Who walks through the page of a demo without a wallet of their own. */
export const pageDriver = demoAccount("page driver");
/** Who pays the gas for openings from the page. */
export const pageRelayer = demoAccount("page relayer");

/** Opens the operator's page of a demo. Everybody has it, and the demo listens on this machine alone. */
export const demoOperatorKey = "demo-operator-key-that-everybody-knows";

const evseId = "CH*WPF*E900*1";
const stationId = "CS-PAGE";
/** A fast charger: enough flows to be seen at once. */
const habits: ChargerHabits = { plugInMs: 1_500, readingMs: 4_000, powerW: 150_000, longestSeconds: 900 };
const walletMicro = 500_000_000n;
const depositMicro = 100_000_000n;

/** Everything that a demo needs for its page. */
export interface PageStage {
  readonly world: World;
  readonly clock: RunningClock;
  readonly registrar: Registrar;
  readonly service: Service;
  readonly folder: Pick<DataFolder, "chargerStatePath">;
}

/**
 * Puts up a charger for the page, connected over OCPP, and fills the driver's account. The charger keeps its register and
 * what it is charging in the data folder, and goes on from there.
 * @returns the address of the charger on the page, and the charger, which whoever called closes
 */
export async function openPage({ world, clock, registrar, service, folder }: PageStage): Promise<{
  readonly address: string;
  readonly charger: OcppCharger;
}> {
  const key = demoMeterKey("secp256r1", "page");
  const { curve, publicKeyPoint } = key;
  const possession = { kind: "record", key } as const;
  const planned = { meterId: "page", evseId, stationId, curve, publicKeyPoint, possession };
  const { evse } = await registrar.registerMeter(toRegister(planned, clock.nowSeconds()));
  await fillAccount(world);
  const stationKey = createStationKey();
  const { store, url } = service;
  await store.putStation({ stationId, apiKeySha256: createApiKey().apiKeySha256, evses: [evse] });
  await assignTariff(store, [evse], demoTariff);
  await store.setOcppAccess(stationId, { leastSecurityProfile: 1, bootStatus: "Accepted" });
  await store.replaceStationKeys(stationId, stationKeySha256Of(stationKey), clock.nowSeconds() * 1_000);
  const kept = openKeptState(folder.chargerStatePath, chargerStateSchema);
  const charger = startOcppCharger({
    ...{ url, stationId, stationKey, evseId, habits },
    meter: { key, serial: "WPSIM0900" },
    state: kept.before,
    keepState: (state) => {
      kept.keep(state);
    },
    nowSeconds: () => clock.nowSeconds(),
  });

  return { address: `${pageOriginOf(url)}/#/evse/${evse}`, charger };
}

/** The same service under the name that browsers give passkeys, camera and offline pages to without TLS. */
export function pageOriginOf(url: string): string {
  const { protocol, hostname, port } = new URL(url);
  return hostname === "127.0.0.1" ? `${protocol}//localhost:${port}` : url;
}

async function fillAccount({ chain, contracts }: World): Promise<void> {
  const { erc20, chargingSettlement } = contracts;
  const settlement = await chargingSettlement.getAddress();
  const { freeMicro } = await chargingSettlement.accountOf(pageDriver.address, 0);
  if (freeMicro >= depositMicro / 2n) {
    return;
  }
  const transactor = await createTransactor(chain, pageDriver);
  const token = await erc20.getAddress();
  const { address } = pageDriver;
  await transactor.send(token, erc20.interface.encodeFunctionData("mint", [address, walletMicro + depositMicro]));
  await transactor.send(token, erc20.interface.encodeFunctionData("approve", [settlement, depositMicro]));
  await transactor.send(
    settlement,
    chargingSettlement.interface.encodeFunctionData("deposit", [address, 0, depositMicro]),
  );
}

/** The pages' addresses for people: as text, and the driver's as a code for the camera. */
export async function showPage(output: Output, address: string): Promise<void> {
  output.line();
  output.line(`The driver's page: ${address}`);
  if (new URL(address).hostname !== "localhost") {
    output.line(
      "Passkeys, camera, notifications and the offline page are off: they need TLS and a name, or localhost.",
    );
  }
  output.line(await QRCode.toString(address, { type: "terminal", small: true }));
  output.line(`The operator's page: ${new URL("/operator/", address).href}`);
  output.line(`Its key, of this demo alone and known to everybody: ${demoOperatorKey}`);
  output.line("A passkey's account gets play money by: npm run -s wattproof -- demo fund <its address>");
  output.line(
    "The driver's page has a wallet built in, so that you can walk through: choose the development wallet, sign, watch, stop, verify.",
  );
}
