import { lambdaHandler } from "../../shared/lambda/handler.ts";
import { terminatingReaper } from "./healer.ts";
import { parsePolicy } from "./policy.ts";

export const handler = lambdaHandler(terminatingReaper, parsePolicy);
