import type { Plug } from "../../domain/charging/message.ts";

/** Of a message that names no outlet. */
export const noPlug: Plug = { evseId: null, connectorId: null };
