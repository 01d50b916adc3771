import type { Verb } from "./core/verb.ts";
import { evseAdd } from "./evse/add.ts";
import { evseList } from "./evse/list.ts";
import { evseQr } from "./evse/qr.ts";
import { meterAdd } from "./meter/add.ts";
import { meterList } from "./meter/list.ts";
import { meterRetire } from "./meter/retire.ts";
import { meterRevoke } from "./meter/revoke.ts";
import { meterRotate } from "./meter/rotate.ts";
import { meterTag } from "./meter/tag.ts";
import { operatorAdd } from "./operator/add.ts";
import { tariffPublish } from "./tariff/publish.ts";
import { tariffRetire } from "./tariff/retire.ts";
import { tariffShow } from "./tariff/show.ts";
import { tariffSimulate } from "./tariff/simulate.ts";
import { deploy } from "./top/deploy.ts";
import { doctor } from "./top/doctor.ts";

/** Every verb of the program, in the order in which help lists them: the order in which an operator needs them. */
export const verbs: readonly Verb[] = [
  deploy,
  operatorAdd,
  evseAdd,
  evseList,
  evseQr,
  meterTag,
  meterAdd,
  meterRotate,
  meterRetire,
  meterRevoke,
  meterList,
  tariffSimulate,
  tariffPublish,
  tariffShow,
  tariffRetire,
  doctor,
];
