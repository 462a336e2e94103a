import { decide } from "../../../../functions/pending-rescheduler/decide.ts";
import { parsePolicy } from "../../../../functions/pending-rescheduler/policy.ts";
import { situations } from "../situations.ts";

situations({ healer: "pending-rescheduler", parsePolicy, decide });
