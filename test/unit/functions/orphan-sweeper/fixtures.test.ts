import { decide } from "../../../../functions/orphan-sweeper/decide.ts";
import { parsePolicy } from "../../../../functions/orphan-sweeper/policy.ts";
import { situations } from "../situations.ts";

situations({ healer: "orphan-sweeper", parsePolicy, decide });
