/** What meters after the German lawbook of EDL sign: 320 bytes, whatever the container. Numbers stand in little-endian order. */
export const signedBlockBytes = 320;

/** Longest identification that is part of the block; what is shorter is filled up with zeros. */
export const identificationBytes = 128;

/** A reading as the block of EDL40 has it (also EDL40+, EMH's eHZ and Mennekes). */
export interface EdlReading {
  /** Ten bytes. */
  readonly meter: Uint8Array;
  /** The meter's local time: seconds since 1970 plus offset of zone and season. */
  readonly localSeconds: number;
  /** The low byte of the status word. */
  readonly status: number;
  /** Seconds that the meter has been running. */
  readonly secondsIndex: number;
  readonly pagination: number;
  /** Six bytes. */
  readonly obis: Uint8Array;
  readonly unit: number;
  readonly scaler: number;
  readonly value: bigint;
  /** Two bytes that count the entries of the logbook. */
  readonly logbook: Uint8Array;
  /** At most 128 bytes. */
  readonly identification: Uint8Array;
  readonly identificationLocalSeconds: number;
  /** What meters sign that compensate for losses in the cable; `null` for the others. */
  readonly compensation: EdlCompensation | null;
}

export interface EdlCompensation {
  /** The register before compensation was last set, and the one behind the cable. The latter counts where it is not 0. */
  readonly historical: bigint;
  readonly compensated: bigint;
  readonly resistance: number;
  readonly stopwatch: number;
  readonly price: number;
}

/** The 320 bytes that the meter signed for this reading. */
export function encodeEdlReading(reading: EdlReading): Uint8Array {
  const block = createBlock();
  block.bytes(0, reading.meter);
  block.unsigned32(10, reading.localSeconds);
  block.byte(14, reading.status);
  block.unsigned32(15, reading.secondsIndex);
  block.unsigned32(19, reading.pagination);
  block.bytes(23, reading.obis);
  block.byte(29, reading.unit);
  block.byte(30, reading.scaler);
  block.integer64(31, reading.value);
  block.bytes(39, reading.logbook);
  block.bytes(41, reading.identification);
  block.unsigned32(169, reading.identificationLocalSeconds);
  if (reading.compensation !== null) {
    block.integer64(173, reading.compensation.historical);
    block.integer64(181, reading.compensation.compensated);
    block.unsigned16(189, reading.compensation.resistance);
    block.unsigned32(191, reading.compensation.stopwatch);
    block.bytes(195, Uint8Array.of(reading.compensation.price >> 8, reading.compensation.price & 0xff));
  }
  return block.content;
}

/** What stands in a block of 320 bytes. Bytes that have no meaning yet are left unread. */
export function decodeEdlReading(block: Uint8Array): EdlReading {
  const view = new DataView(block.buffer, block.byteOffset, block.length);
  return {
    meter: block.subarray(0, 10),
    localSeconds: view.getUint32(10, true),
    status: view.getUint8(14),
    secondsIndex: view.getUint32(15, true),
    pagination: view.getUint32(19, true),
    obis: block.subarray(23, 29),
    unit: view.getUint8(29),
    scaler: view.getInt8(30),
    value: view.getBigInt64(31, true),
    logbook: block.subarray(39, 41),
    identification: block.subarray(41, 41 + identificationBytes),
    identificationLocalSeconds: view.getUint32(169, true),
    compensation: {
      historical: view.getBigInt64(173, true),
      compensated: view.getBigInt64(181, true),
      resistance: view.getUint16(189, true),
      stopwatch: view.getUint32(191, true),
      price: view.getUint16(195),
    },
  };
}

/** A register with its state, as ISA-EDL40 signs it twice: where it began and where it is. */
export interface IsaCounter {
  readonly localSeconds: number;
  readonly status: number;
  readonly obis: Uint8Array;
  readonly unit: number;
  readonly scaler: number;
  readonly value: bigint;
}

export interface IsaReading {
  readonly meter: Uint8Array;
  readonly begin: IsaCounter;
  readonly current: IsaCounter;
  readonly logbook: Uint8Array;
  /** 66 bytes: the signature of the current value alone. */
  readonly valueSignature: Uint8Array;
  readonly identification: Uint8Array;
  /** 20 bytes of the maker's. */
  readonly makerState: Uint8Array;
  /** Six bytes that say whether the transaction has begun, goes on or has ended. */
  readonly listName: Uint8Array;
  readonly pagination: number;
}

/** The 320 bytes that the meter signed for this reading. */
export function encodeIsaReading(reading: IsaReading): Uint8Array {
  const block = createBlock();
  block.bytes(0, reading.meter);
  block.unsigned32(10, reading.current.localSeconds);
  block.byte(14, reading.current.status);
  block.bytes(15, reading.current.obis);
  block.byte(21, reading.current.unit);
  block.byte(22, reading.current.scaler);
  block.integer64(23, reading.current.value);
  block.bytes(31, reading.logbook);
  block.bytes(33, reading.valueSignature);
  block.bytes(99, reading.identification);
  block.unsigned32(227, reading.begin.localSeconds);
  block.bytes(231, reading.makerState);
  block.byte(251, reading.begin.status);
  block.bytes(252, reading.begin.obis);
  block.byte(258, reading.begin.unit);
  block.byte(259, reading.begin.scaler);
  block.integer64(260, reading.begin.value);
  block.bytes(268, reading.listName);
  block.unsigned32(274, reading.pagination);
  return block.content;
}

function createBlock() {
  const content = new Uint8Array(signedBlockBytes);
  const view = new DataView(content.buffer);
  return {
    content,
    bytes: (at: number, bytes: Uint8Array): void => {
      content.set(bytes, at);
    },
    byte: (at: number, value: number): void => {
      view.setUint8(at, value & 0xff);
    },
    unsigned16: (at: number, value: number): void => {
      view.setUint16(at, value, true);
    },
    unsigned32: (at: number, value: number): void => {
      view.setUint32(at, value, true);
    },
    integer64: (at: number, value: bigint): void => {
      view.setBigInt64(at, value, true);
    },
  };
}
