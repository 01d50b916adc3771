// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice Why the contract does not take a record. The reasons from `SizeAboveLimit` on are limits of the contract:
/// the record may be good, and a verifier off chain may accept it.
enum RefusalReason {
    None,
    /// The bytes are not one JSON object (RFC 8259).
    JsonSyntax,
    /// The bytes are not UTF-8 (RFC 3629).
    Utf8Invalid,
    /// A `|` stands inside the payload, where it would end the section.
    PipeInside,
    /// An object has a key twice.
    KeyDuplicate,
    /// A key is written with an escape.
    KeyEscaped,
    /// An interpreted field has another JSON type than it must have.
    TypeWrong,
    /// `FV` is none of the versions 1.0 to 1.4.
    VersionUnknown,
    /// `PG` is missing, or is not a context and a number without leading zeros.
    PaginationInvalid,
    /// `PG` has the context F: a fiscal reading is no charging session.
    PaginationFiscal,
    /// `IL` tells of an error, or is not in the table.
    IdentificationLevelBad,
    /// `RD` is missing or empty.
    ReadingsMissing,
    /// The first reading has no `TX`, so that there is nothing to carry forward.
    TransactionMissing,
    /// `TX` is not in the table.
    TransactionUnknown,
    /// `TX` is X: from this reading on nothing may be billed.
    TransactionException,
    /// The register has a second begin.
    BeginRepeated,
    /// The register has a second end.
    EndRepeated,
    /// The register has a reading before its begin or after its end.
    ReadingOutOfOrder,
    /// `ST` is missing or not G.
    StatusNotGood,
    /// `EF` says that the energy is not usable, or holds an unknown flag.
    EnergyFlagged,
    /// No reading is of a register of imported energy.
    ImportRegisterMissing,
    /// The unit of imported energy is neither kWh nor Wh.
    UnitUnknown,
    /// `RV` is missing; it is never carried forward.
    ValueMissing,
    /// `RV` is not a decimal number without sign.
    ValueInvalid,
    /// The register runs backwards.
    ValueDecreasing,
    /// `TM` is missing in the first reading, or is no time.
    TimeInvalid,
    /// The end is before the begin, by the meter's own clock.
    TimeDecreasing,
    /// More than 3,072 bytes.
    SizeAboveLimit,
    /// Deeper than 8 levels.
    DepthAboveLimit,
    /// More than 16 keys in one object that are not two capital letters.
    KeysAboveLimit,
    /// More than 64 readings.
    ReadingsAboveLimit,
    /// An interpreted value has an escape, or it or a key has a character outside ASCII or more than 31 characters, or
    /// a key has none.
    TextNotPlain,
    /// A `\u` escape stands for half of a surrogate pair.
    SurrogateEscaped,
    /// `FV` is missing, names a version before 1.0, or has more than two numbers.
    VersionAboveLimit,
    /// The number of `PG` has more than 18 digits.
    PaginationAboveLimit,
    /// `IS` is not a boolean, as before version 0.4.
    IdentificationStatusTextual,
    /// `RI` is a code that the contract neither reads nor can pass over.
    RegisterUnknown,
    /// Several registers could be billed, and which one is not certain.
    RegisterAmbiguous,
    /// More than four registers of imported energy.
    RegistersAboveLimit,
    /// `RV`, or a number that is not interpreted, is too long or too large.
    ValueAboveLimit,
    /// Two values of a register differ by less than 10⁻⁶ Wh, so that the contract cannot tell which is the larger.
    ValueTooFine,
    /// A year before 1970.
    TimeAboveLimit
}

/// @notice One reading of the register that is billed.
struct BillingReading {
    /// Whether the record has it.
    bool isPresent;
    /// The register, in 10⁻⁶ Wh. A begin is rounded up, an end down.
    uint64 registerMicroWh;
    /// What the meter's clock showed, in milliseconds since 1970. No basis for a deadline.
    int64 epochMs;
    /// The clock's state: U, I, S or R.
    bytes1 synchronisation;
    /// The meter says that this time must not be billed (`EF` has t).
    bool hasTimeError;
}

/// @notice A `BillingReading` in one word, 0 if the record has none; `PackedReadingLibrary` takes it apart.
type PackedReading is uint256;

/// @notice What a record says.
struct OcmfContent {
    /// Number of the record in the meter's counter of transaction records.
    uint64 pagination;
    /// Where the characters of `ID` begin in the payload, and how many they are; both 0 if there are none.
    uint32 identificationPosition;
    uint32 identificationLength;
    /// keccak256 of the characters of `MS` and of `GS`; 0 if the field is not there.
    bytes32 meterSerialHash;
    bytes32 gatewaySerialHash;
    /// The OBIS code of the register that is billed, as the meter wrote it: its characters, the last in the lowest byte.
    bytes32 register;
    BillingReading begin;
    BillingReading end;
}

/// @title OCMF scanner
/// @notice Reads the payload of one OCMF record (OCMF 1.4.1) without any trust in it, and refuses what may not be billed.
/// It knows no key, no signature and no session.
///
/// What is accepted here is a strict subset of what the verifier of the service accepts, with the same energy:
/// docs/ocmf-on-chain.md lists the grammar, every limit and the reason of each. In doubt it is refused.
interface IOcmfScanner {
    /// @notice The contract does not take the record.
    /// @param position Where in the payload, in bytes from its beginning; its length where the whole lacks something.
    error RecordRefused(RefusalReason reason, uint256 position);

    /// @notice Reads a payload: the bytes between the first and the second `|` of a record. Reverts with `RecordRefused`.
    function scan(bytes calldata payload) external pure returns (OcmfContent memory content);

    /// @notice The same for contracts that settle by it, in four words: 3,000 gas less than with all fields apart.
    /// @return identification From the low bits to the high ones: length of `ID` (32), its position (32), pagination (64),
    /// 120 bits that stand for the register that is billed, 0 if that one starts over with each transaction.
    /// @return originHash keccak256 of `meterSerialHash`, `gatewaySerialHash` and `register`: in what the begin record and
    /// the end record of a session must agree.
    /// @return begin The begin reading, rounded up.
    /// @return end The end reading, rounded down.
    function scanPacked(
        bytes calldata payload
    ) external pure returns (uint256 identification, bytes32 originHash, PackedReading begin, PackedReading end);
}
