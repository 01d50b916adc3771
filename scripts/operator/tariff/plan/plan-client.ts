import { z } from "zod";

import { weekdays } from "../../../../services/domain/local-time.ts";

/** What the service says of a plan that it was given. */
export const planAnswer = z.object({
  isDryRun: z.boolean(),
  planId: z.string(),
  tariffId: z.string(),
  untilSeconds: z.number().nullable(),
  evses: z.array(z.number()),
});

/** The plans that charging points have. */
export const planList = z.object({
  plans: z.array(
    z.object({
      planId: z.string(),
      plan: z.object({
        zone: z.string(),
        windows: z.array(
          z.object({
            tariffId: z.string(),
            fromTime: z.string(),
            toTime: z.string(),
            weekdays: z.array(z.enum(weekdays)),
            fromDate: z.string().nullable(),
            toDate: z.string().nullable(),
          }),
        ),
      }),
      evses: z.array(z.number()),
      assignedAtMs: z.number(),
      assignedBy: z.string(),
      tariffId: z.string(),
      untilSeconds: z.number().nullable(),
    }),
  ),
});
