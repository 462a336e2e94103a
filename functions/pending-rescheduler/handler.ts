import { lambdaHandler } from "../../shared/lambda/handler.ts";
import { pendingRescheduler } from "./healer.ts";
import { parsePolicy } from "./policy.ts";

export const handler = lambdaHandler(pendingRescheduler, parsePolicy);
