import type { Relays } from "../chain/open-relays.ts";
import { createTokenOpener } from "../charging/cards/open-for-tokens.ts";
import { createTokenPolicy } from "../charging/cards/token-policy.ts";
import { createWakingInbox } from "../charging/cards/waking-inbox.ts";
import type { PossessionDesk } from "../charging/possession/possession-desk.ts";
import { createPossessions } from "../charging/possession/wire-possession.ts";
import type { ChargingRounds } from "../charging/charging-rounds.ts";
import { createCostTeller } from "../charging/tell-costs.ts";
import { createSetUpRounds } from "../charging/set-up/set-up-rounds.ts";
import { createStationSetUp, type StationSetUp } from "../charging/set-up/set-up-station.ts";
import { createTariffInstaller } from "../charging/install-tariffs.ts";
import { createStationTraits } from "../charging/station-traits.ts";
import { createSessionTeller } from "../charging/tell-sessions.ts";
import { createScreenCodeDesk, type ScreenCodeDesk } from "../charging/screen-codes/screen-code-desk.ts";
import { createChargingActors, createChargingReaders } from "../charging/wire-charging.ts";
import { openOcpp, type Ocpp } from "../ocpp/open-ocpp.ts";
import { createStationCalls, type StationCalls } from "../replicas/station-calls.ts";
import type { Evidence } from "./evidence.ts";
import type { Foundation } from "./foundation.ts";

/** What reads the messages of chargers and tells them what to do. */
export interface Charging extends Pick<ReturnType<typeof createChargingReaders>, "book" | "assessor"> {
  readonly ocpp: Ocpp;
  /** Calls stations, whichever replica they are connected to. */
  readonly calls: StationCalls;
  readonly rounds: ChargingRounds;
  readonly screenCodes: ScreenCodeDesk;
  readonly setUp: StationSetUp;
  readonly possessions: PossessionDesk;
  /** `null`: no card opens anything. */
  readonly opener: ReturnType<typeof createTokenOpener> | null;
}

/**
 * Opens the door for chargers, between what reads their messages and what calls them.
 * @throws CONFIGURATION_INVALID if a port cannot be listened on, or a certificate cannot be read
 */
export async function openCharging(
  foundation: Foundation,
  evidence: Evidence,
  { vehicles, releases }: Pick<Relays, "vehicles" | "releases">,
): Promise<Charging> {
  const { config } = foundation;
  const { host, pollIntervalMs } = config;
  // Readers wait for what a charger has said by now, which the door knows, and the door hands everything to the readers.
  let ocpp: Ocpp | null = null;
  const opened = (): Ocpp => {
    if (ocpp === null) throw new RangeError("The door is not open yet.");
    return ocpp;
  };
  const charging = {
    ...foundation,
    ...evidence,
    config: config.charging,
    handedOn: (stationId: string) => ocpp?.handedOn(stationId) ?? Promise.resolve(),
  };
  const readers = createChargingReaders(charging);
  const { book, assessor, inbox, idTags } = readers;
  const { openingWaitMs, ...tokenLimits } = config.fleets;
  const tokens = { ...foundation, ...evidence, book, inbox, ...tokenLimits };
  const opener = vehicles === null ? null : createTokenOpener({ ...tokens, vehicles });
  const policy =
    vehicles === null || opener === null
      ? idTags
      : createTokenPolicy({ ...tokens, sessions: idTags, opener, vehicles, openingWaitMs });

  const { possessions, ...stations } = createPossessions({
    ...foundation,
    ...{ verifier: evidence.verifier, book, once: readers.once, policy },
    inbox: opener === null ? inbox : createWakingInbox(inbox, opener),
  });

  const { replica } = foundation;
  const traits = createStationTraits({
    commands: () => opened().commands,
    connections: () => opened().door.connections,
  });
  const { currency, pageOrigin } = config;
  const teller = createSessionTeller({ ...charging, traits, currency, pageUrl: pageOrigin });
  ocpp = await openOcpp({ ...foundation, ...stations, teller, stations: replica.stations, host, config: config.ocpp });
  const calls = createStationCalls({
    ...foundation,
    ...{ replicaId: replica.replicaId, commands: ocpp.commands, connections: ocpp.door.connections },
    callTimeoutMs: config.ocpp.callTimeoutMs,
  });
  const screenCodes = createScreenCodeDesk({ ...foundation, pageUrl: pageOrigin, commands: calls, connections: calls });
  const own = { commands: ocpp.commands, connections: ocpp.door.connections };
  const setUp = createStationSetUp({ ...foundation, commands: calls, connections: calls });
  const rounds = createChargingActors({
    ...charging,
    ...{ readers, opener, releases, traits, pollIntervalMs },
    costs: createCostTeller({
      ...{ ...foundation, ...own, teller, traits },
      tariffs: createTariffInstaller({ ...foundation, ...own, tariffs: evidence.tariffs, currency }),
    }),
    setUps: config.ocpp.isSettingUp
      ? createSetUpRounds({ ...foundation, connections: ocpp.door.connections, setUp })
      : null,
    lease: replica.leases.charging,
    commands: calls,
    connections: calls,
  });
  return { ocpp, calls, screenCodes, setUp, rounds, possessions, opener, book, assessor };
}
