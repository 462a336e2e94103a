import { expect, it } from "vitest";
import { lostDevices } from "../../../../shared/kubernetes/devices.ts";

const gpu = "nvidia.com/gpu";

it.each<[string, Record<string, number>, Record<string, number>, Record<string, number>, readonly string[]]>([
  ["all offered", { [gpu]: 4 }, { [gpu]: 4 }, {}, []],
  ["fewer than there are", { [gpu]: 4 }, { [gpu]: 3 }, {}, ["nvidia.com/gpu: 3 of 4"]],
  ["none at all", { [gpu]: 4 }, {}, {}, ["nvidia.com/gpu: 0 of 4"]],
  ["fewer than there were", { [gpu]: 2 }, { [gpu]: 2 }, { [gpu]: 4 }, ["nvidia.com/gpu: 2 of 4"]],
  ["what is reserved for the system is no device", { cpu: 4, "hugepages-2Mi": 8 }, { cpu: 3 }, {}, []],
])("devices: %s (S0-60)", (_, capacity, allocatable, before, lost) => {
  expect(lostDevices({ capacity, allocatable }, before)).toEqual(lost);
});
