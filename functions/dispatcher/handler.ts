import { dispatcherHandler } from "../../shared/lambda/dispatcher-handler.ts";
import { dispatcher } from "./dispatcher.ts";

export const handler = dispatcherHandler(dispatcher);
