import type { JSX } from "preact";

import { replicasSchema, type Replicas as ReplicasAnswer } from "../answers.ts";
import { useWords } from "../operator-context.ts";
import { Section, Table } from "../parts.tsx";
import type { TextKey } from "../text/translation.ts";
import { useAnswer } from "../use-answer.ts";

const works = ["settlement", "charging", "relay", "upkeep"] as const;

/** Which processes work on the ledger, what each does, and on how many disks it is. */
export function Replicas(): JSX.Element {
  const { text } = useWords();
  const answer = useAnswer("/v1/operator/replicas", replicasSchema);
  return (
    <>
      <h2 class="view-title">{text("page.replicas")}</h2>
      <Section title={text("replicas")} intro={text("replicasText")} part={answer}>
        {(value) => <ReplicaTable {...value} />}
      </Section>
      <Section title={text("leases")} intro={text("leasesText")} part={answer}>
        {(value) => <LeaseTable {...value} />}
      </Section>
      <Section title={text("standbys")} intro={text("standbysText")} part={answer}>
        {({ standbys }) => <StandbyTable standbys={standbys} />}
      </Section>
    </>
  );
}

/** Work that a later version of the service adds is shown by its name. */
function useWorkName(): (name: string) => string {
  const { text } = useWords();
  return (name) => {
    const known = works.find((one) => one === name);
    return known === undefined ? name : text(`work.${known}`);
  };
}

function ReplicaTable({ replicas, leases, answeredBy }: ReplicasAnswer): JSX.Element {
  const { text, time, count } = useWords();
  const workName = useWorkName();
  return (
    <Table
      caption={text("replicas")}
      rows={replicas}
      keyOf={({ replicaId }) => replicaId}
      columns={[
        { title: text("replica"), cell: ({ replicaId }) => replicaId },
        {
          title: text("state"),
          cell: ({ replicaId, isAlive }) => (
            <>
              <span class={isAlive ? "chip chip-good" : "chip chip-bad"}>
                {text(isAlive ? "replicaAlive" : "replicaLost")}
              </span>{" "}
              {replicaId === answeredBy && <span class="chip">{text("replicaAnswers")}</span>}
            </>
          ),
        },
        {
          title: text("replicaWork"),
          cell: ({ replicaId }) =>
            leases
              .filter((lease) => lease.replicaId === replicaId)
              .map(({ name }) => workName(name))
              .join("; ") || "–",
        },
        { title: text("replicaStations"), isNumber: true, cell: ({ stations }) => count(stations) },
        { title: text("replicaVersion"), cell: ({ version }) => version ?? "–" },
        {
          title: text("replicaLastBeat"),
          cell: ({ lastBeatAtMs }) => (lastBeatAtMs === null ? "–" : time(lastBeatAtMs)),
        },
        { title: text("replicaUntil"), cell: ({ untilMs }) => time(untilMs) },
        { title: text("replicaStarted"), cell: ({ startedAtMs }) => time(startedAtMs) },
      ]}
    />
  );
}

function LeaseTable({ leases }: ReplicasAnswer): JSX.Element {
  const { text, time } = useWords();
  const workName = useWorkName();
  return (
    <Table
      caption={text("leases")}
      rows={leases}
      keyOf={({ name }) => name}
      columns={[
        { title: text("leaseWork"), cell: ({ name }) => workName(name) },
        { title: text("leaseHolder"), cell: ({ replicaId }) => replicaId ?? text("leaseNobody") },
        { title: text("leaseEpoch"), isNumber: true, cell: ({ epoch }) => String(epoch) },
        {
          title: text("leaseUntil"),
          cell: ({ replicaId, untilMs }) => (replicaId === null ? "–" : time(untilMs)),
        },
      ]}
    />
  );
}

function StandbyTable({ standbys }: Pick<ReplicasAnswer, "standbys">): JSX.Element {
  const { text } = useWords();
  if (standbys === null) return <p>{text("ledgerInFolder")}</p>;
  if (standbys.length === 0) return <p>{text("noStandbys")}</p>;
  const seen = (figure: number | null, key: TextKey): string => (figure === null ? "–" : text(key, { count: figure }));
  return (
    <Table
      caption={text("standbys")}
      rows={standbys}
      keyOf={({ name }) => name}
      columns={[
        { title: text("standby"), cell: ({ name }) => name },
        {
          title: text("standbyWaits"),
          cell: ({ waits }) => text(waits === null ? "standbyUnseen" : `waits.${waits}`),
        },
        { title: text("standbyBehind"), isNumber: true, cell: ({ behindBytes }) => seen(behindBytes, "byteCount") },
        { title: text("standbyDelay"), isNumber: true, cell: ({ behindMs }) => seen(behindMs, "msCount") },
      ]}
    />
  );
}
