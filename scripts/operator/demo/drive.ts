import { setTimeout as sleep } from "node:timers/promises";

import { createHash, randomBytes } from "node:crypto";

import type { BaseWallet } from "ethers";
import { z } from "zod";

import { stopDigestOf } from "../../../services/domain/stop-request.ts";
import { sessionIdOf, type SessionTerms } from "../../../services/domain/terms.ts";
import { WattproofError } from "../../../services/errors.ts";
import { demoAccount } from "../../local-world/accounts.ts";
import { tokens } from "../../command-line/amounts.ts";
import type { ChainAccess } from "../../command-line/chain-access.ts";
import { exitCode } from "../../command-line/exit-codes.ts";
import { registryNumberInput, tokenAmountInput, wholeInput } from "../../command-line/inputs.ts";
import { registryOf, requireEvse } from "../../command-line/registry.ts";
import { openService, serviceInput, serviceOption, type ServiceClient } from "../../command-line/service-client.ts";
import { defineVerb, type Run } from "../../command-line/verb.ts";
import { tariffLines } from "../tariff/read-tariff.ts";
import { openDemoChain } from "./demo-chain.ts";

const offersAnswer = z.object({ tariffs: z.array(z.object({ tariffId: z.string() })) });
const openingAnswer = z.object({ sessionId: z.string(), status: z.string() });
const stopAnswer = z.object({ status: z.string() });
const sessionAnswer = z.object({ session: z.object({ state: z.string() }) });
/** A session of a day: whatever is left of the hold is free when it settles, not when it expires. */
const sessionSeconds = 86_400;
const lookMs = 500;
/** States after which nothing more happens to a session by itself. */
const endings: ReadonlySet<string> = new Set(["settled", "expired", "unservable"]);

export const demoDrive = defineVerb({
  path: ["demo", "drive"],
  summary: "plays a driver with play money: signs a session, charges, stops, waits for the settlement",
  description:
    "The driver of the demo, whose key everybody knows, has an account filled by npm start. The service brings the signed\n" +
    "terms to the chain; the charger starts when it has seen the session there.",
  arguments: [{ syntax: "<evse>", description: "number of the charging point" }],
  options: [
    serviceOption,
    { flags: "--hold <amount>", description: "the most that it may cost; default: 10" },
    { flags: "--seconds <n>", description: "how long to charge, once the energy flows; default: 20" },
    { flags: "--dry-run", description: "shows the price and the terms; nothing is signed" },
  ],
  access: "chain",
  examples: ["demo drive 2 --service http://127.0.0.1:8090 --hold 10 --seconds 20"],
  input: z.object({
    evse: registryNumberInput,
    service: serviceInput,
    hold: tokenAmountInput.default(10_000_000n),
    seconds: wholeInput(1, 3_600).default(20),
  }),
  async run({ evse, service: given, hold: holdMicro, seconds }, run) {
    const chain = await openDemoChain(run);
    const service = openService(given, chain.deploymentPath, run.environment);
    const driver = demoAccount("page driver");
    const terms = await termsFor(chain, service, driver, { evse, holdMicro });
    for (const line of tariffLines(await registryOf(chain).readTariff(terms.tariffId))) run.output.line(line);
    if (run.isDryRun) {
      run.output.json({ isDryRun: true, terms });

      return exitCode.done;
    }
    const domain = { chainId: chain.chainId, verifyingContract: chain.deployment.contracts.chargingSettlement };
    const sessionId = sessionIdOf(terms, domain);
    const viewKey = randomBytes(32).toString("base64url");
    await service.postPublicly("/v1/openings", openingAnswer, {
      kind: "signed-terms",
      terms: { ...terms, holdMicro: terms.holdMicro.toString() },
      signature: driver.signingKey.sign(sessionId).serialized,
      viewKeySha256: createHash("sha256").update(viewKey).digest("hex"),
    });
    run.output.line(`session ${sessionId} is open, ${tokens(holdMicro)} on hold`);
    const watched = { service, sessionId, viewKey };
    await waitFor(run, watched, (state) => state !== "opened" && state !== "unconfirmed");
    run.output.line("the car charges");
    await sleep(seconds * 1_000, undefined, { signal: run.signal });
    const signature = driver.signingKey.sign(stopDigestOf(sessionId, chain.chainId)).serialized;
    await service.postPublicly(`/v1/sessions/${sessionId}/stop`, stopAnswer, { signature });
    run.output.line("the charger was asked to stop");
    const state = await waitFor(run, watched, (reached) => endings.has(reached));
    run.output.json({ sessionId, state });
    run.output.line(`the session is ${state}`);

    return state === "settled" ? exitCode.done : exitCode.differs;
  },
});

async function termsFor(
  chain: ChainAccess,
  service: ServiceClient,
  driver: BaseWallet,
  { evse, holdMicro }: { readonly evse: number; readonly holdMicro: bigint },
): Promise<SessionTerms> {
  const { operator, activeMeter, maximumPowerW } = await requireEvse(chain, evse);
  const { tariffs } = await service.get(`/v1/evses/${evse}/tariffs`, offersAnswer);
  const [offer] = tariffs;
  if (offer === undefined) throw new WattproofError("TARIFF_NOT_ASSIGNED", `EVSE ${evse} offers no tariff.`);
  const { nonce } = await chain.contracts.chargingSettlement.accountOf(driver.address, 0);
  const head = await chain.provider.getBlock("latest");

  return {
    driver: driver.address,
    lane: 0,
    nonce: Number(nonce),
    operator,
    agreement: 0,
    evse,
    meter: activeMeter,
    maximumPowerW,
    tariffId: offer.tariffId,
    holdMicro,
    expiresAt: (head?.timestamp ?? 0) + sessionSeconds,
  };
}

/** Looks again and again until the session is in a state that is waited for. @returns that state */
async function waitFor(
  run: Run,
  {
    service,
    sessionId,
    viewKey,
  }: { readonly service: ServiceClient; readonly sessionId: string; readonly viewKey: string },
  isReached: (state: string) => boolean,
): Promise<string> {
  for (;;) {
    const state = await service
      .getWithKey(`/v1/sessions/${sessionId}`, sessionAnswer, viewKey)
      .then(({ session }) => session.state)
      .catch((error: unknown) => {
        // The service may not have read the block that opened the session.
        if (error instanceof WattproofError && error.code === "SESSION_UNKNOWN") return "unconfirmed";
        throw error;
      });
    if (isReached(state)) return state;
    await sleep(lookMs, undefined, { signal: run.signal });
  }
}
