import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { BlockList } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect } from "chai";

import { verbs } from "../../../scripts/operator/verbs.ts";
import { defaultStopAtBps } from "../../../services/domain/charging/hold-watch.ts";
import { defaultMissingStopLimits } from "../../../services/domain/charging/missing-stop.ts";
import { defaultEvidencePolicy } from "../../../services/domain/charging/settlement-policy.ts";
import { parseConfiguration, sections } from "../../../services/config/config.ts";
import { WattproofError } from "../../../services/errors.ts";

const key = `0x${"11".repeat(32)}`;
const required = {
  WATTPROOF_RPC_URL: "http://127.0.0.1:8545",
  WATTPROOF_DEPLOYMENT: "deployment.json",
  WATTPROOF_DATA: "data",
  WATTPROOF_ORACLE_PRIVATE_KEY: key,
};

describe("Secrets in files", function () {
  let folder: string;
  const codeOf = (environment: Readonly<Record<string, string>>): string => {
    try {
      parseConfiguration(environment);
      return "taken";
    } catch (error) {
      return error instanceof WattproofError ? error.detail : String(error);
    }
  };
  const others = Object.fromEntries(Object.entries(required).filter(([name]) => !name.includes("ORACLE")));

  beforeEach(function () {
    folder = mkdtempSync(join(tmpdir(), "wattproof-secret-"));
    writeFileSync(join(folder, "key"), `${key}\n`);
  });
  afterEach(function () {
    rmSync(folder, { recursive: true, force: true });
  });

  it("are read for every setting that is a secret, without the line break at the end", function () {
    const config = parseConfiguration({ ...others, WATTPROOF_ORACLE_PRIVATE_KEY_FILE: join(folder, "key") });
    expect(config.oracleKey).to.deep.equal({ kind: "private-key", privateKey: key });
    const secrets = sections.flatMap(({ settings }) => settings).filter(({ kind }) => kind.isSecret === true);
    expect(secrets.map(({ name }) => name).toSorted()).to.deep.equal([
      "ALERT_WEBHOOK_SECRET",
      "CARD_API_KEY",
      "CARD_WEBHOOK_SECRET",
      "DEVELOPMENT_WALLET_KEY",
      "FLEET_KEYSTORE_PASSWORD",
      "FLEET_PRIVATE_KEYS",
      "KMS_SECRET_ACCESS_KEY",
      "KMS_SESSION_TOKEN",
      "OPERATOR_KEY",
      "ORACLE_KEYSTORE_PASSWORD",
      "ORACLE_PRIVATE_KEY",
      "QUORUM_PEERS",
      "RECEIPT_WEBHOOK_SECRET",
      "RELAYER_PRIVATE_KEY",
      "SELLER_PRIVATE_KEY",
      "SIGNER_TOKEN",
      "SMTP_URL",
      "STORE_PASSWORD",
    ]);
  });

  it("are refused where the file cannot be read, holds nonsense, or the secret is given twice", function () {
    const at = (path: string): Readonly<Record<string, string>> => ({
      ...others,
      WATTPROOF_ORACLE_PRIVATE_KEY_FILE: path,
    });
    expect(codeOf(at(join(folder, "nothing")))).to.match(/WATTPROOF_ORACLE_PRIVATE_KEY_FILE: must name a file/u);
    writeFileSync(join(folder, "large"), "x".repeat(65_537));
    expect(codeOf(at(join(folder, "large")))).to.match(/WATTPROOF_ORACLE_PRIVATE_KEY_FILE: must name a file/u);
    writeFileSync(join(folder, "nonsense"), "swordfish");
    expect(codeOf(at(join(folder, "nonsense"))))
      .to.match(/WATTPROOF_ORACLE_PRIVATE_KEY: must be/u)
      .and.to.not.contain("swordfish");
    const twice = { ...required, WATTPROOF_ORACLE_PRIVATE_KEY_FILE: join(folder, "key") };
    expect(codeOf(twice)).to.match(/WATTPROOF_ORACLE_PRIVATE_KEY_FILE: give either/u);
    expect(codeOf({ ...required, WATTPROOF_PORT_FILE: join(folder, "key") })).to.contain("WATTPROOF_PORT_FILE");
  });
});

const cards = {
  WATTPROOF_CARD_API_KEY: "k",
  WATTPROOF_CARD_WEBHOOK_SECRET: "s",
  WATTPROOF_CARD_CONSENTS: "consents.json",
};

describe("The configuration", function () {
  const refused: readonly (readonly [string, Readonly<Record<string, string | undefined>>, string])[] = [
    ["nothing at all", {}, "WATTPROOF_RPC_URL"],
    ["an endpoint that is no URL", { ...required, WATTPROOF_RPC_URL: "localhost" }, "WATTPROOF_RPC_URL"],
    ["an endpoint of another kind", { ...required, WATTPROOF_RPC_URL: "ftp://a" }, "WATTPROOF_RPC_URL"],
    ["a port that is no number", { ...required, WATTPROOF_PORT: "80a" }, "WATTPROOF_PORT"],
    ["an empty port", { ...required, WATTPROOF_PORT: "" }, "WATTPROOF_PORT"],
    ["a port beyond the greatest", { ...required, WATTPROOF_PORT: "65536" }, "WATTPROOF_PORT"],
    ["no confirmation", { ...required, WATTPROOF_CONFIRMATIONS: "0" }, "WATTPROOF_CONFIRMATIONS"],
    [
      "a batch larger than a transaction can hold",
      { ...required, WATTPROOF_BATCH_MAX_ITEMS: "501" },
      "WATTPROOF_BATCH_MAX_ITEMS",
    ],
    ["a policy that does not exist", { ...required, WATTPROOF_UNBOUND_RECORDS: "warn" }, "WATTPROOF_UNBOUND_RECORDS"],
    ["a name that is misspelt", { ...required, WATTPROOF_CONFIRMATION: "3" }, "CONFIRMATION"],
    ["no folder", { ...required, WATTPROOF_DATA: undefined }, "WATTPROOF_DATA"],
    ["a database of another kind", { ...required, WATTPROOF_STORE: "mysql://db/w" }, "WATTPROOF_STORE"],
    ["a database without a name", { ...required, WATTPROOF_STORE: "postgres://db" }, "WATTPROOF_STORE"],
    ["a replica's name with a space", { ...required, WATTPROOF_REPLICA_NAME: "west one" }, "WATTPROOF_REPLICA_NAME"],
    [
      "a password's file that is not there",
      {
        ...required,
        WATTPROOF_STORE: "postgres://db/w",
        WATTPROOF_STORE_PASSWORD_FILE: "/nowhere/password",
      },
      "WATTPROOF_STORE_PASSWORD_FILE",
    ],
    ["no key", { ...required, WATTPROOF_ORACLE_PRIVATE_KEY: undefined }, "WATTPROOF_ORACLE_PRIVATE_KEY"],
    [
      "a keystore without password",
      { ...required, WATTPROOF_ORACLE_PRIVATE_KEY: undefined, WATTPROOF_ORACLE_KEYSTORE: "k" },
      "KEYSTORE",
    ],
    [
      "a webhook for alerts without a secret",
      { ...required, WATTPROOF_ALERT_WEBHOOK_URL: "https://a" },
      "ALERT_WEBHOOK_SECRET",
    ],
    [
      "a webhook for alerts with a short secret",
      { ...required, WATTPROOF_ALERT_WEBHOOK_URL: "https://a", WATTPROOF_ALERT_WEBHOOK_SECRET: "short" },
      "ALERT_WEBHOOK_SECRET",
    ],
    ["alerts by mail without a mail server", { ...required, WATTPROOF_ALERT_MAIL_TO: "night@a" }, "ALERT_MAIL_TO"],
    [
      "a signer beside a key",
      { ...required, WATTPROOF_ORACLE_SIGNER: "https://a", WATTPROOF_ORACLE_SIGNER_ADDRESS: `0x${"11".repeat(20)}` },
      "ORACLE_SIGNER",
    ],
    [
      "a signer without an account",
      { ...required, WATTPROOF_ORACLE_PRIVATE_KEY: undefined, WATTPROOF_ORACLE_SIGNER: "https://a" },
      "ORACLE_SIGNER_ADDRESS",
    ],
    ["a signer of another kind", { ...required, WATTPROOF_RELAYER_SIGNER: "ftp://a" }, "WATTPROOF_RELAYER_SIGNER"],
    [
      "a key of KMS without its region",
      {
        ...required,
        WATTPROOF_RELAYER_SIGNER: "kms:alias/relayer",
        WATTPROOF_RELAYER_SIGNER_ADDRESS: `0x${"11".repeat(20)}`,
      },
      "WATTPROOF_KMS_REGION",
    ],
    ["half of an access key", { ...required, WATTPROOF_KMS_REGION: "eu-central-1" }, "KMS_ACCESS_KEY_ID"],
    ["a level of alerts that is none", { ...required, WATTPROOF_ALERT_LEVEL: "loud" }, "WATTPROOF_ALERT_LEVEL"],
    ["a modulus of no EVSE", { ...required, WATTPROOF_REGISTER_MODULI_WH: "1000000" }, "WATTPROOF_REGISTER_MODULI_WH"],
    ["a short key of the operator", { ...required, WATTPROOF_OPERATOR_KEY: "short" }, "WATTPROOF_OPERATOR_KEY"],
    [
      "a fleet's key that is none",
      { ...required, WATTPROOF_FLEET_PRIVATE_KEYS: "0x12" },
      "WATTPROOF_FLEET_PRIVATE_KEYS",
    ],
    ["a fleet's keystore without password", { ...required, WATTPROOF_FLEET_KEYSTORES: "k" }, "KEYSTORE_PASSWORD"],
    ["a key for cards alone", { ...required, WATTPROOF_CARD_API_KEY: "k" }, "CARD_WEBHOOK_SECRET"],
    ["a secret for cards alone", { ...required, WATTPROOF_CARD_WEBHOOK_SECRET: "s" }, "CARD_API_KEY"],
    [
      "cards without consents",
      { ...required, WATTPROOF_CARD_API_KEY: "k", WATTPROOF_CARD_WEBHOOK_SECRET: "s" },
      "CARD_CONSENTS",
    ],
    [
      "cards over plain HTTP",
      { ...required, ...cards, WATTPROOF_CARD_API_URL: "http://pay.example" },
      "WATTPROOF_CARD_API_URL",
    ],
    ["cards without a key of a fleet", { ...required, ...cards }, "FLEET_PRIVATE_KEYS"],
    ["cards in a currency without hundredths", { ...required, ...cards, WATTPROOF_CURRENCY: "JPY" }, "CURRENCY"],
    ["cards without a page to lead back to", { ...required, ...cards }, "WATTPROOF_PAGE_ORIGIN"],
    ["a fleet's key and nobody who pays", { ...required, WATTPROOF_FLEET_PRIVATE_KEYS: key }, "RELAYER_PRIVATE_KEY"],
    [
      "more keys of fleets than there is room for",
      {
        ...required,
        WATTPROOF_RELAYER_PRIVATE_KEY: key,
        WATTPROOF_FLEET_PRIVATE_KEYS: Array.from({ length: 65 }, () => key).join(),
      },
      "at most 64",
    ],
    ["a proxy that is no address", { ...required, WATTPROOF_TRUSTED_PROXIES: "proxy" }, "WATTPROOF_TRUSTED_PROXIES"],
    ["everybody as a proxy", { ...required, WATTPROOF_TRUSTED_PROXIES: "0.0.0.0/0" }, "WATTPROOF_TRUSTED_PROXIES"],
    [
      "less time for a request than for its header",
      { ...required, WATTPROOF_HTTP_REQUEST_TIMEOUT_MS: "5000" },
      "WATTPROOF_HTTP_HEADERS_TIMEOUT_MS",
    ],
    ["open data of nobody", { ...required, WATTPROOF_OPEN_DATA: "on" }, "OCPI_COUNTRY_CODE"],
    [
      "open data of a country that there is not",
      { ...required, WATTPROOF_OPEN_DATA: "on", WATTPROOF_OCPI_COUNTRY_CODE: "XX", WATTPROOF_OCPI_PARTY_ID: "ABC" },
      "OCPI_COUNTRY_CODE",
    ],
    [
      "open data of a party without an id",
      { ...required, WATTPROOF_OPEN_DATA: "on", WATTPROOF_OCPI_COUNTRY_CODE: "DE" },
      "OCPI_PARTY_ID",
    ],
    ["a party's id in small letters", { ...required, WATTPROOF_OCPI_PARTY_ID: "abc" }, "OCPI_PARTY_ID"],
    ["half of what TLS needs", { ...required, WATTPROOF_OCPP_TLS_PORT: "0" }, "OCPP_TLS_CERTIFICATE"],
    [
      "both kinds of key",
      { ...required, WATTPROOF_ORACLE_KEYSTORE: "k", WATTPROOF_ORACLE_KEYSTORE_PASSWORD: "p" },
      "either",
    ],
  ];
  for (const [name, environment, word] of refused) {
    it(`refuses ${name}`, function () {
      try {
        parseConfiguration(environment);
      } catch (error) {
        if (!(error instanceof WattproofError)) throw error;
        expect(error.code).to.equal("CONFIGURATION_INVALID");
        expect(error.detail).to.include(word);
        return;
      }
      expect.fail("It was accepted.");
    });
  }

  it("never repeats a key that it refuses", function () {
    const secret = "0xnot-quite-a-key-but-secret";
    expect(() => parseConfiguration({ ...required, WATTPROOF_ORACLE_PRIVATE_KEY: secret }))
      .to.throw(WattproofError)
      .with.property("message")
      .that.does.not.include(secret);
  });

  it("reads at which value which meter's register begins anew", function () {
    const { charging } = parseConfiguration({ ...required, WATTPROOF_REGISTER_MODULI_WH: "7 1000000000, 12 999999" });
    expect([...charging.registerModuliWh]).to.deep.equal([
      [7, 1_000_000_000n],
      [12, 999_999n],
    ]);
  });

  it("reads the other oracles, and refuses what names none, without repeating a key", function () {
    const [first, second] = [`0x${"1".repeat(40)}`, `0x${"2".repeat(40)}`];
    const peerKey = "a-key-of-two-oracles";
    const peersOf = (text: string): unknown =>
      parseConfiguration({ ...required, WATTPROOF_QUORUM_PEERS: text }).quorumPeers;
    expect(
      peersOf(`${first} ${peerKey} http://10.0.0.2:8080, ${second} ${peerKey} https://oracle.example/`),
    ).to.deep.equal([
      { address: first, key: peerKey, url: "http://10.0.0.2:8080" },
      { address: second, key: peerKey, url: "https://oracle.example/" },
    ]);
    for (const text of [
      first,
      `${first} short http://10.0.0.2`,
      `0x12 ${peerKey} http://10.0.0.2`,
      `${first} ${peerKey} ftp://10.0.0.2`,
      `${first} ${peerKey} http://10.0.0.2,`,
      `${first} ${peerKey} http://10.0.0.2, ${first} ${peerKey} http://10.0.0.3`,
    ]) {
      expect(() => peersOf(text), text)
        .to.throw(WattproofError)
        .with.property("message")
        .that.includes("QUORUM_PEERS")
        .and.not.includes(peerKey);
    }
  });

  it("leaves alone what the operator's program reads, in whichever shell it is started", function () {
    const accounts = new Set(verbs.map(({ account }) => account).filter((account) => account !== undefined));
    expect([...accounts]).to.include.members(["OPERATOR", "OWNER"]);
    // What the service calls the oracle's it takes itself.
    accounts.delete("ORACLE");
    const ways = ["PRIVATE_KEY", "KEYSTORE", "KEYSTORE_PASSWORD", "KEYSTORE_PASSWORD_FILE"];
    const names = [...accounts].flatMap((account) => ways.map((way) => `WATTPROOF_${account}_${way}`));
    const handbook = readFileSync("docs/operator.md", "utf8");
    const exported = [...handbook.matchAll(/export (WATTPROOF_[A-Z_]+)=/gu)].map(([, name = ""]) => name);
    expect(exported).to.include("WATTPROOF_OPERATOR_KEYSTORE_PASSWORD_FILE");
    const own = sections.flatMap(({ settings }) => settings.map(({ name }) => `WATTPROOF_${name}`));
    const foreign = exported.filter((name) => !own.includes(name.replace(/_FILE$/u, "")));
    const others = [...names, ...foreign, "WATTPROOF_SERVICE_URL", "WATTPROOF_OPERATOR_PROFILE"];
    const environment = Object.fromEntries(others.map((name) => [name, "http://127.0.0.1"]));
    expect(parseConfiguration({ ...environment, ...required }).port).to.equal(8_080);
  });

  it("takes the documented defaults, and leaves other variables alone", function () {
    expect(
      parseConfiguration({ ...required, PATH: "/bin", WATTPROOF_SHARED: "s", WATTPROOF_DEPLOYER_KEYSTORE: "k" }),
    ).to.deep.equal({
      rpcUrl: "http://127.0.0.1:8545",
      deploymentPath: "deployment.json",
      dataPath: "data",
      postgres: null,
      isInit: false,
      formerOracle: null,
      host: "127.0.0.1",
      port: 8_080,
      oracleKey: { kind: "private-key", privateKey: key },
      confirmations: null,
      pollIntervalMs: 1_000,
      rpcTimeoutMs: 20_000,
      blockRange: 2_000,
      batchMaxItems: 100,
      batchMaxAgeMs: 10_000,
      batchMaxValueMicro: 1_000_000_000n,
      batchesInFlight: 4,
      settlementAttempts: 3,
      stuck: {
        eventsMs: 60_000,
        batchMs: 3_600_000,
        openMs: 86_400_000,
        heldMs: 3_600_000,
        settlingMs: 3_600_000,
        framesMs: 3_600_000,
        repeatMs: 86_400_000,
      },
      transactionStuckMs: 60_000,
      spending: {
        feeLimitGwei: 500,
        tipLimitGwei: null,
        transactionLimitGwei: null,
        leastHoldMicro: 1_000_000n,
        driverGasPerDay: 2_000_000,
        clientGasPerDay: 20_000_000,
        relayDayLimitGwei: null,
        relayLeastBalanceGwei: null,
        relayWaitMs: 25_000,
      },
      quorumPeers: [],
      quorumTimeoutMs: 10_000,
      replicaName: null,
      replicaLeaseMs: 10_000,
      quorumRetryMs: 10_000,
      quorumFallbackMs: 600_000,
      quorumTakeoverMs: 300_000,
      challenges: "send",
      unboundRecords: "refuse",
      charging: {
        policy: defaultEvidencePolicy,
        registerModuliWh: new Map(),
        start: { limitMs: 300_000, retryMs: 30_000 },
        missingStop: defaultMissingStopLimits,
        stopAtBps: defaultStopAtBps,
        stopRetryMs: 15_000,
        late: { waitMs: 600_000, spacingMs: 5_000, limit: 5_000 },
        quietMs: 60_000,
      },
      fleets: { keys: [], startLimitMs: 900_000, openingWaitMs: 5_000, sessionSeconds: 86_400 },
      cards: null,
      market: { sellerKey: null },
      signing: { token: null, timeoutMs: 5_000, kms: null },
      alerts: { webhook: null, mailTo: null, level: "lasting", repeatMs: 3_600_000 },
      receipts: { seller: null, mail: null, webhook: null, recipientDays: 60 },
      stationMessagesPerSecond: 20,
      queueLimit: 256,
      operatorKey: null,
      entrance: {
        connections: 4_096,
        connectionsPerAddress: 256,
        headersTimeoutMs: 10_000,
        requestTimeoutMs: 30_000,
        keepAliveMs: 5_000,
        trustedProxies: new BlockList(),
        proxyWord: "x-forwarded-for",
        wrongKeysPerMinute: 10,
        requestsPerMinute: 120,
        watchers: 500,
        watchersPerClient: 20,
        readersRpcUrl: null,
        readsPerMinute: 1_200,
        peers: { requestsPerMinute: 120, bytesPerDay: 2_147_483_648 },
      },
      ocpp: {
        port: null,
        tls: null,
        isProfile0Allowed: false,
        heartbeatSeconds: 300,
        pingIntervalMs: 60_000,
        callTimeoutMs: 30_000,
        payloadLimitBytes: 262_144,
        badMessages: 20,
        messagesPerSecond: 20,
        connections: 10_000,
        connectionsPerAddress: 256,
        handshakes: 32,
        handshakeQueue: 2_048,
        stationQueue: 64,
        queueLimit: 4_096,
        isSettingUp: true,
        unknownStations: 1_000,
      },
      relayerKey: null,
      openingsPerMinute: 30,
      tariffGraceSeconds: 300,
      takesAnyTime: false,
      partnerAgreement: null,
      servedAgreement: null,
      pageOrigin: null,
      hasPageRpc: false,
      sitesPath: null,
      openData: null,
      currency: "EUR",
      chainName: null,
      walletRpcUrl: null,
      developmentWalletKey: null,
      logLevel: "info",
    });
  });
});
