import { lambdaHandler } from "../../shared/lambda/handler.ts";
import { notreadyHandler } from "./healer.ts";
import { parsePolicy } from "./policy.ts";

export const handler = lambdaHandler(notreadyHandler, parsePolicy);
