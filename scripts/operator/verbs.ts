import type { Verb } from "../command-line/verb.ts";
import { cardPaymentList } from "./card-payment/list.ts";
import { cardPaymentResolve } from "./card-payment/resolve.ts";
import { chainRescan } from "./chain/rescan.ts";
import { challengeClose } from "./challenge/close.ts";
import { challengeConclude } from "./challenge/conclude.ts";
import { challengeDemand } from "./challenge/demand.ts";
import { challengeList } from "./challenge/list.ts";
import { challengeWithdraw } from "./challenge/withdraw.ts";
import { claimContradict, claimRelease, claimRetire, claimTransfer } from "./claim/change.ts";
import { claimJoin } from "./claim/join.ts";
import { claimList } from "./claim/list.ts";
import { claimMake } from "./claim/make.ts";
import { claimAddPurpose, claimEnrol } from "./claim/purposes.ts";
import { demoCharger } from "./demo/charger.ts";
import { demoDrive } from "./demo/drive.ts";
import { demoFund } from "./demo/fund.ts";
import { demoMeter } from "./demo/meter.ts";
import { dossierColumns } from "./dossier/columns.ts";
import { dossierDisclose } from "./dossier/disclose.ts";
import { insight } from "./dossier/insight.ts";
import { dossierMake } from "./dossier/make.ts";
import { evseAdd } from "./evse/add.ts";
import { evseList } from "./evse/list.ts";
import { evseQr } from "./evse/qr.ts";
import { exportCdr } from "./export/cdr.ts";
import { exportEvidence } from "./export/ledger-evidence.ts";
import { framesDiscard } from "./frames/discard.ts";
import { framesList } from "./frames/list.ts";
import { framesRetry } from "./frames/retry.ts";
import { importChargingPoints } from "./import/import.ts";
import { makerList } from "./maker/list.ts";
import { makerRegister } from "./maker/register.ts";
import { makerRevoke } from "./maker/revoke.ts";
import { makerSign } from "./maker/sign.ts";
import { meterAdd } from "./meter/add.ts";
import { meterApproveTime } from "./meter/approve-time.ts";
import { meterHandOver } from "./meter/hand-over.ts";
import { meterList } from "./meter/list.ts";
import { meterPossession } from "./meter/prove-possession.ts";
import { meterRetire } from "./meter/retire.ts";
import { meterRevoke } from "./meter/revoke.ts";
import { meterRotate } from "./meter/rotate.ts";
import { meterTag } from "./meter/tag.ts";
import { meterTimes } from "./meter/times.ts";
import { meterVouch } from "./meter/vouch.ts";
import { meterWithdrawTime } from "./meter/withdraw-time.ts";
import { operatorAddKey } from "./operator/add-key.ts";
import { operatorPublish } from "./operator/publish.ts";
import { operatorAdd } from "./operator/add.ts";
import { operatorAppointReleaser, operatorDismissReleaser } from "./operator/releasers.ts";
import { operatorListActions } from "./operator/list-actions.ts";
import { operatorListKeys } from "./operator/list-keys.ts";
import { operatorRevokeKey } from "./operator/revoke-key.ts";
import { oracleAgree } from "./oracle/agree.ts";
import { oracleAttest } from "./oracle/attest.ts";
import { oracleLimit } from "./oracle/limit.ts";
import { oraclePostBond } from "./oracle/post-bond.ts";
import { oracleRotate } from "./oracle/rotate.ts";
import { oracleScheduleLimit } from "./oracle/schedule-limit.ts";
import { oracleStatus } from "./oracle/status.ts";
import { oracleWithdrawBond } from "./oracle/withdraw-bond.ts";
import { partnersPropose } from "./partners/propose.ts";
import { partnersShow } from "./partners/show.ts";
import { partnersSign } from "./partners/sign.ts";
import { receiptsVerify } from "./receipts/verify.ts";
import { replicasList } from "./replicas/list.ts";
import { saleEnd, saleOffer, salePublish } from "./sale/offer.ts";
import { saleAllot, saleCollect, saleCredit } from "./sale/rounds.ts";
import { saleBuy, saleJoin, saleList, saleWithdraw } from "./sale/trade.ts";
import { sessionsList } from "./sessions/list.ts";
import { sessionsResolve } from "./sessions/resolve.ts";
import { sessionsShow } from "./sessions/show.ts";
import { sessionsWatch } from "./sessions/watch.ts";
import { settlementRetry } from "./settlement/retry.ts";
import { settlementStatus } from "./settlement/status.ts";
import { shareCreate, shareJoin, shareVerify } from "./share/create.ts";
import { shareBuy, shareClaim, shareHolders, shareProceeds, sharePull, shareShow } from "./share/hold.ts";
import { stationAdd } from "./station/add.ts";
import { stationBindToken } from "./station/bind-token.ts";
import { stationCheck } from "./station/check.ts";
import { stationCommand } from "./station/command.ts";
import { stationListTokens } from "./station/list-tokens.ts";
import { stationList } from "./station/list.ts";
import { stationRemove } from "./station/remove.ts";
import { stationSetUp } from "./station/set-up.ts";
import { stationShowCodes } from "./station/show-codes.ts";
import { stationUnbindToken } from "./station/unbind-token.ts";
import { statementCheck } from "./statement/check.ts";
import { statementFleet } from "./statement/fleet.ts";
import { storeArchive } from "./store/archive.ts";
import { storeCheckArchive } from "./store/check-archive.ts";
import { storeMove } from "./store/move.ts";
import { tariffAddDrivers } from "./tariff/add-drivers.ts";
import { tariffAssign } from "./tariff/assign.ts";
import { tariffAssignments } from "./tariff/assignments.ts";
import { tariffCheck } from "./tariff/check.ts";
import { tariffDrivers } from "./tariff/drivers.ts";
import { tariffPlanEnd } from "./tariff/plan/end.ts";
import { tariffPlanPublish } from "./tariff/plan/publish.ts";
import { tariffPlanShow } from "./tariff/plan/show.ts";
import { tariffPlanSimulate } from "./tariff/plan/simulate.ts";
import { tariffPublish } from "./tariff/publish.ts";
import { tariffRemoveDrivers } from "./tariff/remove-drivers.ts";
import { tariffRetire } from "./tariff/retire.ts";
import { tariffShow } from "./tariff/show.ts";
import { tariffSimulate } from "./tariff/simulate.ts";
import { tariffUnassign } from "./tariff/unassign.ts";
import { backup } from "./top/backup.ts";
import { covenantBreak } from "./covenant/break.ts";
import { covenantList } from "./covenant/list.ts";
import { covenantPledge } from "./covenant/pledge.ts";
import { covenantRelease } from "./covenant/release.ts";
import { createCompletion } from "./top/completion.ts";
import { deploy } from "./top/deploy.ts";
import { doctor } from "./top/doctor.ts";
import { refund } from "./top/refund.ts";
import { release } from "./top/release.ts";
import { restore } from "./top/restore.ts";
import { withdraw } from "./top/withdraw.ts";

/** Every verb of the program, in the order in which help lists them: the order in which an operator needs them. */
export const verbs: readonly Verb[] = [
  deploy,
  operatorAdd,
  operatorPublish,
  operatorAppointReleaser,
  operatorDismissReleaser,
  operatorAddKey,
  operatorListKeys,
  operatorListActions,
  operatorRevokeKey,
  importChargingPoints,
  evseAdd,
  evseList,
  evseQr,
  meterTag,
  meterPossession,
  meterAdd,
  meterRotate,
  meterVouch,
  meterHandOver,
  meterRetire,
  meterRevoke,
  meterList,
  meterApproveTime,
  meterWithdrawTime,
  meterTimes,
  makerRegister,
  makerSign,
  makerRevoke,
  makerList,
  stationAdd,
  stationList,
  stationRemove,
  stationCheck,
  stationCommand,
  stationShowCodes,
  stationSetUp,
  stationBindToken,
  stationUnbindToken,
  stationListTokens,
  tariffCheck,
  tariffSimulate,
  tariffPublish,
  tariffAssign,
  tariffUnassign,
  tariffAssignments,
  tariffAddDrivers,
  tariffRemoveDrivers,
  tariffDrivers,
  tariffShow,
  tariffRetire,
  tariffPlanSimulate,
  tariffPlanPublish,
  tariffPlanShow,
  tariffPlanEnd,
  partnersPropose,
  partnersSign,
  partnersShow,
  oracleStatus,
  oracleRotate,
  oracleLimit,
  oracleScheduleLimit,
  oracleAttest,
  oraclePostBond,
  oracleWithdrawBond,
  oracleAgree,
  sessionsList,
  sessionsShow,
  sessionsWatch,
  sessionsResolve,
  settlementStatus,
  settlementRetry,
  chainRescan,
  framesList,
  framesRetry,
  framesDiscard,
  cardPaymentList,
  cardPaymentResolve,
  challengeList,
  challengeDemand,
  challengeConclude,
  challengeClose,
  challengeWithdraw,
  withdraw,
  refund,
  release,
  receiptsVerify,
  dossierMake,
  dossierColumns,
  dossierDisclose,
  insight,
  statementFleet,
  statementCheck,
  claimAddPurpose,
  claimEnrol,
  claimJoin,
  claimMake,
  claimTransfer,
  claimRetire,
  claimContradict,
  claimRelease,
  claimList,
  saleJoin,
  saleOffer,
  salePublish,
  saleEnd,
  saleBuy,
  saleAllot,
  saleCredit,
  saleCollect,
  saleWithdraw,
  saleList,
  shareCreate,
  shareVerify,
  shareJoin,
  shareBuy,
  sharePull,
  shareClaim,
  shareProceeds,
  shareHolders,
  shareShow,
  covenantPledge,
  covenantList,
  covenantBreak,
  covenantRelease,
  exportCdr,
  exportEvidence,
  replicasList,
  storeMove,
  storeArchive,
  storeCheckArchive,
  backup,
  restore,
  doctor,
  demoFund,
  demoMeter,
  demoCharger,
  demoDrive,
  createCompletion(() => verbs),
];
