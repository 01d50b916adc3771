import QRCode from "qrcode";

import type { Service } from "../../services/index.ts";
import type { Output } from "../command-line/command.ts";
import type { RunningClock } from "../local-chain/clock.ts";
import { generateMeterKey } from "../simulator/demo-key.ts";
import { createSimulatedMeter } from "../simulator/meter.ts";
import { demoAccount } from "./accounts.ts";
import { toRegister } from "./meters.ts";
import type { PageCharger } from "./page-charger.ts";
import type { Registrar } from "./registration.ts";
import { connectStations } from "./stations.ts";
import { demoTariff } from "./tariff.ts";
import { createTransactor } from "./transactor.ts";
import type { World } from "./world.ts";

/** Who walks through the page of a demo without a wallet of their own. */
export const pageDriver = demoAccount("page driver");
/** Who pays the gas for openings from the page. */
export const pageRelayer = demoAccount("page relayer");

/** Opens the operator's page of a demo. Everybody has it, and the demo listens on this machine alone. */
export const demoOperatorKey = "demo-operator-key-that-everybody-knows";

const evseId = "CH*WPF*E900*1";
const stationId = "CS-PAGE";
const walletMicro = 500_000_000n;
const depositMicro = 100_000_000n;

/** Everything that a demo needs for its page. */
export interface PageStage {
  readonly world: World;
  readonly clock: RunningClock;
  readonly registrar: Registrar;
  readonly service: Service;
  readonly charger: PageCharger;
}

/**
 * Puts up a charger for the page and fills the driver's account. The charger's meter is new each time: its register would
 * have to go on where it was, and nobody keeps it.
 * @returns the address of the charger on the page
 */
export async function openPage({ world, clock, registrar, service, charger }: PageStage): Promise<string> {
  const key = generateMeterKey("secp256r1");
  const { curve, publicKeyPoint } = key;
  const possession = { kind: "record", key } as const;
  const planned = { meterId: "page", evseId, stationId, curve, publicKeyPoint, possession };
  const { evse } = await registrar.registerMeter(toRegister(planned, clock.nowSeconds()));
  await fillAccount(world);
  const stations = await connectStations(service.url, service.store, new Map([[stationId, [evse]]]), demoTariff);
  const station = stations.get(stationId);
  if (station !== undefined) {
    const meter = createSimulatedMeter({
      key,
      serial: "WPSIM0900",
      evseId,
      state: { registerMicroWh: 0n, pagination: 1n },
    });
    charger.connect({ evse, meter, station, store: service.store, nowSeconds: () => clock.nowSeconds() });
  }

  return `${service.url}/#/evse/${evse}`;
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
  output.line(await QRCode.toString(address, { type: "terminal", small: true }));
  output.line(`The operator's page: ${new URL("/operator/", address).href}`);
  output.line(`Its key, of this demo alone and known to everybody: ${demoOperatorKey}`);
  output.line(
    "The driver's page has a wallet built in, so that you can walk through: choose the development wallet, sign, watch, stop, verify.",
  );
}
