import { driverGroupsQuery, groupChangeSchema } from "../operator/driver-groups.ts";
import { meterTimesQuery, timeApproval, timeWithdrawal } from "../operator/meter-times.ts";
import { planAssigningSchema, planEndingSchema } from "../operator/tariff-plans.ts";
import { assigningSchema, assignmentsQuery, changeSchema } from "../operator/tariff-assignments.ts";
import { answering, type ApiOperation } from "./operation.ts";
import * as answers from "./tariff-answers.ts";

const reading = { access: "operator", role: "read" } as const;
const deciding = { access: "operator", role: "money" } as const;

/** What the operator does about prices: where they are offered, to whom, and at which meters they may count time. */
export const tariffOperations: readonly ApiOperation[] = [
  {
    ...reading,
    id: "listTariffAssignments",
    path: "/v1/tariff-assignments",
    method: "GET",
    summary: "Lists which tariffs EVSEs offer, since when and by whom.",
    query: assignmentsQuery,
    answers: answering(answers.assignmentsAnswer, "A page of assignments."),
  },
  {
    ...deciding,
    id: "assignTariff",
    path: "/v1/tariff-assignments/assign",
    method: "POST",
    summary:
      "Has EVSEs, connectors or sites offer a tariff, to everybody or to a group of drivers: all of them or none.",
    body: { schema: assigningSchema },
    answers: answering(answers.assignmentChangeAnswer, "What changed, and what each of them offers then."),
  },
  {
    ...deciding,
    id: "unassignTariff",
    path: "/v1/tariff-assignments/unassign",
    method: "POST",
    summary: "Ends the assignments of a tariff; sessions that are open go on at their price.",
    body: { schema: changeSchema },
    answers: answering(answers.assignmentChangeAnswer, "What changed, and what each of them offers then."),
  },
  {
    ...reading,
    id: "listDriverGroups",
    path: "/v1/driver-groups",
    method: "GET",
    summary: "Lists who is in which group of drivers, since when and by whom.",
    query: driverGroupsQuery,
    answers: answering(answers.driverGroupsAnswer, "A page of members."),
  },
  {
    ...deciding,
    id: "addToDriverGroup",
    path: "/v1/driver-groups/add",
    method: "POST",
    summary: "Adds drivers to a group, which is there from its first driver on.",
    body: { schema: groupChangeSchema },
    answers: answering(answers.driversAddedAnswer, "Who was not in it."),
  },
  {
    ...deciding,
    id: "removeFromDriverGroup",
    path: "/v1/driver-groups/remove",
    method: "POST",
    summary: "Removes drivers from a group; sessions that are open go on at their price.",
    body: { schema: groupChangeSchema },
    answers: answering(answers.driversRemovedAnswer, "Who was in it."),
  },
  {
    ...reading,
    id: "listMeterTimes",
    path: "/v1/meter-times",
    method: "GET",
    summary: "Lists the meters whose time is approved for prices, and on what that rests.",
    query: meterTimesQuery,
    answers: answering(answers.meterTimesAnswer, "A page by number."),
  },
  {
    ...deciding,
    id: "approveMeterTime",
    path: "/v1/meter-times/approve",
    method: "POST",
    summary: "Says that a meter's time may be used for prices.",
    body: { schema: timeApproval },
    answers: answering(answers.meterTimeAnswer, "The approval."),
  },
  {
    ...deciding,
    id: "withdrawMeterTime",
    path: "/v1/meter-times/withdraw",
    method: "POST",
    summary: "Takes the approval of a meter's time back; sessions that are open keep their price.",
    body: { schema: timeWithdrawal },
    answers: answering(answers.meterTimeEndAnswer, "Whether there was one."),
  },
  {
    ...reading,
    id: "listTariffPlans",
    path: "/v1/tariff-plans",
    method: "GET",
    summary: "Lists the plans by which prices of EVSEs take turns, and whose turn it is.",
    answers: answering(answers.plansAnswer, "All of them."),
  },
  {
    ...deciding,
    id: "assignTariffPlan",
    path: "/v1/tariff-plans/assign",
    method: "POST",
    summary: "Has EVSEs offer the tariffs of a plan in their turns, all of them or none.",
    body: { schema: planAssigningSchema },
    answers: answering(answers.planChangeAnswer, "The plan, and whose turn it is."),
  },
  {
    ...deciding,
    id: "endTariffPlans",
    path: "/v1/tariff-plans/end",
    method: "POST",
    summary: "Ends the plans of EVSEs; sessions that are open go on at their price.",
    body: { schema: planEndingSchema },
    answers: answering(answers.planEndAnswer, "The EVSEs that had one."),
  },
];
