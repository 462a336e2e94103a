import { decide } from "../../../../functions/notready-handler/decide.ts";
import { parsePolicy } from "../../../../functions/notready-handler/policy.ts";
import { situations } from "../situations.ts";

situations({ healer: "notready-handler", parsePolicy, decide });
