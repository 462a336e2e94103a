import { lambdaHandler } from "../../shared/lambda/handler.ts";
import { dependencyWatch } from "./healer.ts";
import { parsePolicy } from "./policy.ts";

export const handler = lambdaHandler(dependencyWatch, parsePolicy);
