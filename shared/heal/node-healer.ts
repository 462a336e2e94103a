/** Cases of nodes belong to the node's healer, whoever found the symptom: one case per node, told once. */
export const nodeHealer = "notready-handler";
