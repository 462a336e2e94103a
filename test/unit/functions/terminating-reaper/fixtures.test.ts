import { decide } from "../../../../functions/terminating-reaper/decide.ts";
import { parsePolicy } from "../../../../functions/terminating-reaper/policy.ts";
import { situations } from "../situations.ts";

situations({ healer: "terminating-reaper", parsePolicy, decide });
