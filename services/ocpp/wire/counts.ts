import { Counter, Gauge, type Registry } from "prom-client";

/** What the door counts; plain numbers, because they change with every message. */
export interface OcppCounts {
  readonly frames: { answered: number; refused: number; quarantined: number; failed: number };
  readonly connections: { open: number; refused: number; replaced: number; deferred: number; waiting: () => number };
}

/** Counts that are read when the registry is. */
export function createOcppCounts(registry: Registry): OcppCounts {
  const frames = { answered: 0, refused: 0, quarantined: 0, failed: 0 };
  const connections = { open: 0, refused: 0, replaced: 0, deferred: 0, waiting: () => 0 };
  const registers = [registry];
  new Counter({
    name: "wattproof_ocpp_frames_total",
    help: "Messages of stations over OCPP, by what became of them.",
    labelNames: ["outcome"],
    registers,
    collect() {
      this.reset();
      for (const [outcome, count] of Object.entries(frames)) this.inc({ outcome }, count);
    },
  });
  new Gauge({
    name: "wattproof_ocpp_connections",
    help: "Stations that are connected over OCPP.",
    registers,
    collect() {
      this.set(connections.open);
    },
  });
  new Counter({
    name: "wattproof_ocpp_connections_refused_total",
    help: "Connections over OCPP that were refused.",
    registers,
    collect() {
      this.reset();
      this.inc(connections.refused);
    },
  });
  new Counter({
    name: "wattproof_ocpp_connections_replaced_total",
    help: "Connections over OCPP that were closed because the station connected anew.",
    registers,
    collect() {
      this.reset();
      this.inc(connections.replaced);
    },
  });
  new Counter({
    name: "wattproof_ocpp_connections_deferred_total",
    help: "Connections over OCPP that were to come back later, because too many came at once.",
    registers,
    collect() {
      this.reset();
      this.inc(connections.deferred);
    },
  });
  new Gauge({
    name: "wattproof_ocpp_handshakes_waiting",
    help: "Stations that wait for their turn to be let in.",
    registers,
    collect() {
      this.set(connections.waiting());
    },
  });
  return { frames, connections };
}
