import { lambdaHandler } from "../../shared/lambda/handler.ts";
import { orphanSweeper } from "./healer.ts";
import { parsePolicy } from "./policy.ts";

export const handler = lambdaHandler(orphanSweeper, parsePolicy);
