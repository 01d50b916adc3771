import { agreedSumsStep } from "./agreed-sums.ts";
import { archiveStep } from "../sql/archive.ts";
import { noticeStep } from "../sql/alert-notices.ts";
import { cardPaymentStep } from "../sql/card-payments.ts";
import { invoiceStep } from "../sql/invoices.ts";
import { jsonColumnsStep } from "../sql/json-columns.ts";
import { operatorSearchStep } from "../sql/operator.ts";
import { operatorRoleStep } from "../sql/operator-keys.ts";
import { steadyStep } from "../sql/steady-mark.ts";
import { replicaStep, replicaVersionStep } from "../sql/replicas.ts";
import { screenCodeStep } from "../sql/screen-codes.ts";
import { driverStep, sessionPagesStep } from "../sql/sessions.ts";
import { meterTimeStep } from "../sql/meter-times.ts";
import { setUpStep } from "../sql/stations.ts";
import { tariffPlanStep } from "../sql/tariff-plans.ts";
import { driverGroupStep } from "../sql/driver-groups.ts";
import { tariffScopeStep } from "../sql/tariffs.ts";

/** The steps behind those of `migrations.ts`, in the order in which they came; new ones are appended here. */
export const laterSteps: readonly string[] = [
  agreedSumsStep,
  replicaStep,
  jsonColumnsStep,
  tariffPlanStep,
  screenCodeStep,
  steadyStep,
  invoiceStep,
  driverStep,
  sessionPagesStep,
  tariffScopeStep,
  driverGroupStep,
  operatorRoleStep,
  operatorSearchStep,
  noticeStep,
  setUpStep,
  meterTimeStep,
  replicaVersionStep,
  archiveStep,
  cardPaymentStep,
];
